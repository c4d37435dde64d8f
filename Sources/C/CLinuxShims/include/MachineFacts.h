#pragma once
// Facts about the machine behind calls that Swift's Glibc module leaves out.

#include <stddef.h>
#include <stdint.h>

/// The magic number of the file system a path is on (statfs(2)); 0 or -errno.
int lynx_file_system_magic(const char *_Nonnull path, uint64_t *_Nonnull magic);

/// Asks the kernel how true its clock is, without changing it (adjtimex(2)): whether something keeps it
/// synchronised, and its greatest error in microseconds. 0 or -errno.
int lynx_clock_state(int *_Nonnull is_synchronised, int64_t *_Nonnull maximum_error);

/// Where `count` bytes first appear in memory (memmem(3)); -1 if nowhere.
ptrdiff_t lynx_find_bytes(
  const void *_Nonnull memory, size_t size, const void *_Nonnull bytes, size_t count);
