#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int lynx_perf_event_open(const struct lynx_perf_request *request, pid_t pid, int cpu) {
  struct perf_event_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.size = sizeof attr;
  attr.type = request->type;
  attr.config = request->config;
  attr.freq = 1;
  attr.sample_freq = request->frequency;
  attr.sample_type = request->sample_type;
  attr.sample_id_all = 1;
  attr.sample_regs_user = request->user_registers;
  attr.sample_stack_user = request->user_stack_bytes;
  attr.sample_max_stack = request->max_frames;
  attr.watermark = 1;
  attr.wakeup_watermark = request->wakeup_bytes;
  attr.inherit = request->inherit;
  attr.disabled = request->disabled;
  attr.enable_on_exec = request->enable_on_exec;
  attr.exclude_kernel = request->exclude_kernel;
  attr.exclude_hv = request->exclude_kernel;
  attr.exclude_callchain_kernel = request->exclude_callchain_kernel;
  attr.exclude_callchain_user = request->exclude_callchain_user;
  attr.mmap = request->side_band;
  attr.mmap2 = request->side_band;
  attr.comm = request->side_band;
  attr.comm_exec = request->side_band;
  attr.task = request->side_band;
#ifdef PERF_ATTR_SIZE_VER7
  attr.build_id = request->build_id;
#endif
  attr.use_clockid = 1;
  attr.clockid = CLOCK_MONOTONIC;
  long fd = syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  return fd < 0 ? -errno : (int)fd;
}

static int request(int fd, unsigned long code, unsigned long argument) {
  return ioctl(fd, code, argument) < 0 ? -errno : 0;
}

int lynx_perf_set_output(int fd, int output_fd) {
  return request(fd, PERF_EVENT_IOC_SET_OUTPUT, (unsigned long)output_fd);
}

int lynx_perf_enable(int fd) { return request(fd, PERF_EVENT_IOC_ENABLE, 0); }

int lynx_perf_disable(int fd) { return request(fd, PERF_EVENT_IOC_DISABLE, 0); }

uint64_t lynx_ring_head(const void *metadata_page) {
  const struct perf_event_mmap_page *page = metadata_page;
  return __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
}

void lynx_ring_set_tail(void *metadata_page, uint64_t tail) {
  struct perf_event_mmap_page *page = metadata_page;
  __atomic_store_n(&page->data_tail, tail, __ATOMIC_RELEASE);
}

bool lynx_signal_is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void become(
  char *const *arguments, uint64_t open_files, bool ignores_child, int release_fd,
  int outcome_fd) {
  struct sigaction action;
  for (int number = 1; number < NSIG; number++) {
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN) {
      memset(&action, 0, sizeof action);
      action.sa_handler = SIG_DFL;
      sigaction(number, &action, NULL);
    }
  }
  if (ignores_child) signal(SIGCHLD, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && open_files < limit.rlim_cur) {
    limit.rlim_cur = open_files;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  char byte;
  ssize_t count;
  do count = read(release_fd, &byte, 1);
  while (count < 0 && errno == EINTR);
  if (count != 1) _exit(127);
  execvp(arguments[0], arguments);
  int code = errno;
  (void)!write(outcome_fd, &code, sizeof code);
  _exit(127);
}

int lynx_spawn_held(
  char *const *arguments, uint64_t open_files, int output_fd, struct lynx_held_child *child) {
  int hold[2], outcome[2];
  if (pipe2(hold, O_CLOEXEC) < 0) return -errno;
  if (pipe2(outcome, O_CLOEXEC) < 0) {
    int code = errno;
    close(hold[0]);
    close(hold[1]);
    return -code;
  }
  bool ignores_child = lynx_signal_is_ignored(SIGCHLD);
  if (ignores_child) signal(SIGCHLD, SIG_DFL);
  pid_t pid = fork();
  if (pid == 0) {
    close(hold[1]);
    if (output_fd >= 0) {
      // A server of this process's own: it hears nothing of the terminal, and does not outlive it.
      setpgid(0, 0);
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      dup2(output_fd, STDOUT_FILENO);
      dup2(output_fd, STDERR_FILENO);
    }
    become(arguments, open_files, ignores_child, hold[0], outcome[1]);
  }
  int code = errno;
  close(hold[0]);
  close(outcome[1]);
  if (pid < 0) {
    close(hold[1]);
    close(outcome[0]);
    return -code;
  }
  child->pid = pid;
  child->release_fd = hold[1];
  child->outcome_fd = outcome[0];
  return 0;
}

static void fill(sigset_t *set, const int *signals, size_t count) {
  sigemptyset(set);
  for (size_t i = 0; i < count; i++) sigaddset(set, signals[i]);
}

int lynx_signal_descriptor(const int *signals, size_t count) {
  sigset_t set;
  fill(&set, signals, count);
  if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return -errno;
  int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

void lynx_signal_restore(const int *signals, size_t count) {
  sigset_t set;
  fill(&set, signals, count);
  for (size_t i = 0; i < count; i++) signal(signals[i], SIG_DFL);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
}

// struct sched_attr of linux/sched/types.h, which cannot be included beside <sched.h>.
struct scheduling {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime;
  uint64_t deadline;
  uint64_t period;
};

int lynx_prefer_short_turns(int nice) {
  struct scheduling wanted = {.size = sizeof wanted, .nice = nice, .runtime = 100000};
  if (syscall(SYS_sched_setattr, 0, &wanted, 0) == 0) return 0;
  wanted.nice = getpriority(PRIO_PROCESS, 0);
  return syscall(SYS_sched_setattr, 0, &wanted, 0) < 0 ? -errno : 0;
}

int lynx_pidfd_open(pid_t pid) {
  long fd = syscall(SYS_pidfd_open, pid, 0);
  return fd < 0 ? -errno : (int)fd;
}

int lynx_pidfd_getfd(int pidfd, int descriptor) {
  long fd = syscall(SYS_pidfd_getfd, pidfd, descriptor, 0);
  return fd < 0 ? -errno : (int)fd;
}

int lynx_open(const char *path, int flags, mode_t mode) {
  int fd = open(path, flags | O_CLOEXEC, mode);
  return fd < 0 ? -errno : fd;
}

int lynx_event_descriptor(void) {
  int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int lynx_epoll_create(void) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  return epoll < 0 ? -errno : epoll;
}

int lynx_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return epoll_ctl(epoll, operation, descriptor, &event) < 0 ? -errno : 0;
}

static int lynx_found(const struct epoll_event *events, int count, struct lynx_ready *ready) {
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int index = 0; index < count; index++) {
    ready[index].token = events[index].data.u64;
    ready[index].events = events[index].events;
  }
  return count;
}

int lynx_epoll_wait(int epoll, struct lynx_ready *ready, int capacity, int timeout_milliseconds) {
  struct epoll_event events[256];
  if (capacity > 256) capacity = 256;
  return lynx_found(
    events, epoll_wait(epoll, events, capacity, timeout_milliseconds), ready);
}

int lynx_epoll_wait_exactly(
  int epoll, struct lynx_ready *ready, int capacity, uint64_t timeout_nanoseconds) {
  struct epoll_event events[256];
  if (capacity > 256) capacity = 256;
  struct timespec timeout = {
    .tv_sec = timeout_nanoseconds / 1000000000, .tv_nsec = timeout_nanoseconds % 1000000000};
  int count = syscall(SYS_epoll_pwait2, epoll, events, capacity, &timeout, NULL, 0);
  if (count < 0 && errno == ENOSYS) {
    uint64_t milliseconds = (timeout_nanoseconds + 999999) / 1000000;
    count = epoll_wait(epoll, events, capacity, milliseconds > 60000 ? 60000 : (int)milliseconds);
  }
  return lynx_found(events, count, ready);
}

int lynx_timer_descriptor(void) {
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  return timer < 0 ? -errno : timer;
}

int lynx_timer_set(int descriptor, uint64_t nanoseconds) {
  struct itimerspec time = {
    .it_value = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000}};
  return timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &time, NULL) < 0 ? -errno : 0;
}

void lynx_wake_on_time(void) { prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); }

int lynx_accept(int listener) {
  for (;;) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection >= 0) return connection;
    if (errno != EINTR) return -errno;
  }
}

int lynx_yield_port(int listener) {
  struct sock_filter answer = BPF_STMT(BPF_RET | BPF_K, 1);
  struct sock_fprog program = {.len = 1, .filter = &answer};
  int code = setsockopt(
    listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
  return code < 0 ? -errno : 0;
}

void lynx_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

int lynx_unacknowledged(int descriptor) {
  int bytes = 0;
  return ioctl(descriptor, SIOCOUTQ, &bytes) < 0 ? -errno : bytes;
}

int lynx_usable_cpu_count(void) {
  // Large enough for every machine there is; the kernel refuses what is smaller than its own.
  enum { maximum = 8192 };
  size_t size = CPU_ALLOC_SIZE(maximum);
  cpu_set_t *set = CPU_ALLOC(maximum);
  if (set == NULL) return 0;
  int count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
  CPU_FREE(set);
  return count;
}

pid_t lynx_thread_id(void) {
  return (pid_t)syscall(SYS_gettid);
}

const char *lynx_error_name(int code) {
  return strerrorname_np(code);
}
