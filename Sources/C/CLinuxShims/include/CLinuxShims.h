#pragma once
// What Swift cannot call or name itself: variadic system calls, ioctl numbers made by macros,
// acquire/release access to a shared ring, and the code between fork and exec.

#include "MachineFacts.h"
#include "ThreadTimers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/types.h>

/// The parts of `struct perf_event_attr` (linux/perf_event.h) that Lynx sets; its bit fields as
/// booleans. `user_registers` is a mask of PERF_REG_*; 0 leaves registers and stack out.
struct lynx_perf_request {
  uint32_t type;
  uint64_t config;
  uint64_t frequency;
  uint64_t sample_type;
  uint64_t user_registers;
  uint32_t user_stack_bytes;
  uint16_t max_frames;
  uint32_t wakeup_bytes;
  bool inherit;
  bool disabled;
  bool enable_on_exec;
  bool exclude_kernel;
  bool exclude_callchain_kernel;
  bool exclude_callchain_user;
  bool side_band;
  bool build_id;
};

/// perf_event_open(2) with CLOCK_MONOTONIC time stamps; a close-on-exec descriptor, or -errno.
int lynx_perf_event_open(const struct lynx_perf_request *_Nonnull request, pid_t pid, int cpu);

/// PERF_EVENT_IOC_SET_OUTPUT, _ENABLE and _DISABLE; 0 or -errno.
int lynx_perf_set_output(int fd, int output_fd);
int lynx_perf_enable(int fd);
int lynx_perf_disable(int fd);

/// data_head with acquire and data_tail with release ordering, as the mmap page demands
/// (linux/perf_event.h, struct perf_event_mmap_page).
uint64_t lynx_ring_head(const void *_Nonnull metadata_page);
void lynx_ring_set_tail(void *_Nonnull metadata_page, uint64_t tail);

struct lynx_held_child {
  pid_t pid;
  /// Writing a byte lets the child run; closing without a byte ends it.
  int release_fd;
  /// Reads an int, the errno of a failed exec, or end of file when the exec succeeded.
  int outcome_fd;
};

/// Forks a child that waits for `release_fd`, then calls execvp. Signal dispositions are the
/// defaults again and the mask is empty, except that what the parent ignored stays ignored; its
/// soft limit of open files is `open_files`. SIGCHLD is the default in the parent from now on: if
/// it were ignored the child could not be waited for. With an `output_fd` that is not negative, what
/// the child writes goes there, it is a process group of its own, and gets SIGTERM when the thread that
/// started it ends. Returns 0 or -errno.
int lynx_spawn_held(
  char *_Nullable const *_Nonnull arguments, uint64_t open_files, int output_fd,
  struct lynx_held_child *_Nonnull child);

/// Whether a signal is ignored, as SIGHUP is below nohup.
bool lynx_signal_is_ignored(int number);

/// A signalfd for the signals given, which are blocked in the calling thread; or -errno.
int lynx_signal_descriptor(const int *_Nonnull signals, size_t count);
/// Unblocks the signals and restores their default action.
void lynx_signal_restore(const int *_Nonnull signals, size_t count);

/// Asks for this thread to run soon after it wakes, for short turns: as nice as given, or as nice
/// as before where that is not permitted. Returns 0 or -errno.
int lynx_prefer_short_turns(int nice);

/// pidfd_open(2): a descriptor that polls readable when the process has ended; or -errno.
int lynx_pidfd_open(pid_t pid);

/// pidfd_getfd(2): a descriptor of this process for what `descriptor` is in that of the pidfd; or -errno.
int lynx_pidfd_getfd(int pidfd, int descriptor);

/// eventfd(2), close-on-exec and non-blocking: a descriptor or -errno.
int lynx_event_descriptor(void);

/// open(2) with O_CLOEXEC added; a descriptor or -errno.
int lynx_open(const char *_Nonnull path, int flags, mode_t mode);

/// What epoll_wait(2) says of a descriptor: the token it was added with, and EPOLLIN and the like.
struct lynx_ready {
  uint64_t token;
  uint32_t events;
};

/// epoll(7), whose structure is packed on some machines and not on others. Descriptors, counts or
/// -errno; `operation` is EPOLL_CTL_ADD (1), _DEL (2) or _MOD (3).
int lynx_epoll_create(void);
int lynx_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token);
int lynx_epoll_wait(
  int epoll, struct lynx_ready *_Nonnull ready, int capacity, int timeout_milliseconds);

/// As `lynx_epoll_wait`, to the nanosecond (epoll_pwait2(2), Linux 5.11); before that, to the
/// millisecond, rounded up.
int lynx_epoll_wait_exactly(
  int epoll, struct lynx_ready *_Nonnull ready, int capacity, uint64_t timeout_nanoseconds);

/// timerfd_create(2) on CLOCK_MONOTONIC, not to be inherited nor to block; or -errno.
int lynx_timer_descriptor(void);
/// Has it readable from an absolute time on, in nanoseconds that are not zero.
int lynx_timer_set(int descriptor, uint64_t nanoseconds);

/// Has the calling thread woken up as soon as its time has come (PR_SET_TIMERSLACK), not up to 50
/// microseconds later.
void lynx_wake_on_time(void);

/// accept4(2), close-on-exec and non-blocking, tried again if a signal came: a descriptor or -errno.
int lynx_accept(int listener);

/// SO_ATTACH_REUSEPORT_CBPF with a program that says 1: of the sockets that share a port, the second
/// oldest gets what connects from now on; if there is none, all goes on as before. 0 or -errno.
int lynx_yield_port(int listener);

/// Names the calling thread, in at most 15 bytes.
void lynx_name_thread(const char *_Nonnull name);

/// SIOCOUTQ: bytes in a socket's send queue that the other side has not acknowledged; or -errno.
int lynx_unacknowledged(int descriptor);

/// On how many CPUs this process may run (sched_getaffinity(2)); 0 if the kernel does not say.
int lynx_usable_cpu_count(void);

/// gettid(2).
pid_t lynx_thread_id(void);

/// The name of an errno in the manual, such as "EACCES"; none if it has none.
const char *_Nullable lynx_error_name(int code);
