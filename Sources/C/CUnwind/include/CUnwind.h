#pragma once
// One step of libunwind over registers and memory that are copies. libunwind's functions are
// macros that paste names, and the table search it exports is in no public header: both stay here.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Reads a word of the target's memory; false if it is not known.
typedef bool (*lynx_read_word)(
  void *_Nonnull context, uint64_t address, uint64_t *_Nonnull value);
/// Finds the module of an instruction: its mapped range and the address of its .eh_frame_hdr.
typedef bool (*lynx_find_table)(
  void *_Nonnull context, uint64_t instruction, uint64_t *_Nonnull start, uint64_t *_Nonnull end,
  uint64_t *_Nonnull header);

/// Registers are numbered as DWARF numbers them. On success (1) they are the caller's; 0 at the
/// outermost frame; negative when libunwind cannot tell.
int lynx_unwind_step(
  uint64_t *_Nonnull registers, size_t register_count, lynx_read_word _Nonnull read_word,
  lynx_find_table _Nonnull find_table, void *_Nonnull context);
