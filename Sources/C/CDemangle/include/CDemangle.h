#pragma once
/// Demangles a C++ or Rust (legacy and v0) symbol with libiberty; the result is the caller's to
/// free(), NULL if the name is not mangled. `verbose` keeps parameters, return types and hashes.
char *_Nullable lynx_demangle(const char *_Nonnull mangled, int verbose);
