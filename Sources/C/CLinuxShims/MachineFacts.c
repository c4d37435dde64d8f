#define _GNU_SOURCE
#include "MachineFacts.h"

#include <errno.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/vfs.h>

int lynx_file_system_magic(const char *path, uint64_t *magic) {
  struct statfs status;
  int result;
  do {
    result = statfs(path, &status);
  } while (result != 0 && errno == EINTR);
  if (result != 0) return -errno;
  // The field is signed on some machines; magic numbers have 32 bits.
  *magic = (uint32_t)status.f_type;
  return 0;
}

int lynx_clock_state(int *is_synchronised, int64_t *maximum_error) {
  struct timex state = {.modes = 0};
  int result = adjtimex(&state);
  if (result < 0) return -errno;
  *is_synchronised = result != TIME_ERROR && !(state.status & STA_UNSYNC);
  *maximum_error = state.maxerror;
  return 0;
}

ptrdiff_t lynx_find_bytes(const void *memory, size_t size, const void *bytes, size_t count) {
  const char *found = memmem(memory, size, bytes, count);
  return found ? found - (const char *)memory : -1;
}
