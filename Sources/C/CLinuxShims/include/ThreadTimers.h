#pragma once
// Sampling of this very process by timer signals: what runs in a signal handler, and the queue it
// fills. One session at a time.
//
// The handler takes no lock, allocates nothing, keeps errno, and reads only memory that is its
// thread's own: registers, and the stack between the stack pointer and the thread's control block
// (or the end of the first thread's stack).

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct lynx_timer_session;

/// Memory that is mapped for reading and writing, without a gap.
struct lynx_stack_range {
  uint64_t start;
  uint64_t end;
  /// Whether it is the stack of the first thread, which has no control block at its end.
  bool is_first_thread;
};

/// Where a thread was when its timer expired.
struct lynx_timer_sample {
  /// CLOCK_MONOTONIC.
  uint64_t nanoseconds;
  pid_t thread;
  /// How many of its timer's periods it stands for.
  uint32_t periods;
  /// Numbered as DWARF numbers them, the program counter last.
  const uint64_t *_Nullable registers;
  /// The bytes at the stack pointer and above it; none if it is not known how far to read.
  const void *_Nullable stack;
  size_t stack_bytes;
};

/// Opens a session whose queue holds `capacity` samples, a power of two, with `stack_bytes` of stack
/// each, a multiple of 8. From when a quarter of it was filled `wake_descriptor`, an eventfd, is
/// readable. 0 or -errno: EBUSY if there is a session, EEXIST if SIGPROF is somebody else's.
int lynx_timer_session_open(
  uint32_t stack_bytes, uint32_t capacity, int wake_descriptor,
  struct lynx_timer_session *_Nullable *_Nonnull opened);

/// Tells where stacks may be, ascending and apart from each other. 0 or -errno.
int lynx_timer_session_set_stacks(
  struct lynx_timer_session *_Nonnull session, const struct lynx_stack_range *_Nonnull ranges,
  size_t count);

/// The oldest sample, which stays until it is released; false if there is none.
bool lynx_timer_session_peek(
  struct lynx_timer_session *_Nonnull session, struct lynx_timer_sample *_Nonnull sample);
void lynx_timer_session_release(struct lynx_timer_session *_Nonnull session);

/// Samples that found the queue full.
uint64_t lynx_timer_session_dropped(const struct lynx_timer_session *_Nonnull session);

/// From when it returns no handler is at work for the session or will be; what is in the queue stays.
/// False if one is still at work after a second, as never should be: then its memory is never freed.
bool lynx_timer_session_close(struct lynx_timer_session *_Nonnull session);
void lynx_timer_session_free(struct lynx_timer_session *_Nonnull session);

/// Starts a timer on the CPU clock of a thread of this process, which gets its signals (timer_create(2),
/// SIGEV_THREAD_ID). Its number, or -errno.
int lynx_thread_timer_start(pid_t thread, uint64_t interval_nanoseconds);
/// Whether the thread of a timer is still there.
bool lynx_thread_timer_is_alive(int timer);
void lynx_thread_timer_delete(int timer);

/// The time between two ticks of the kernel, at which alone CPU clock timers expire.
uint64_t lynx_tick_nanoseconds(void);

/// A number that is another one after each dlopen(3) or dlclose(3) that changed something. Not for
/// signal handlers.
uint64_t lynx_loaded_objects_version(void);
