#include "CDemangle.h"

#include <libiberty/demangle.h>

// libiberty's header declares a function named like a C standard one; a shim keeps it out of Swift.
char *lynx_demangle(const char *mangled, int verbose) {
  int options = DMGL_AUTO | DMGL_ANSI;
  if (verbose) options |= DMGL_PARAMS | DMGL_VERBOSE;
  return cplus_demangle(mangled, options);
}
