#define _GNU_SOURCE
#include "ThreadTimers.h"

#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { register_count = 17, stack_pointer_number = 7 };
#elif defined(__aarch64__)
enum { register_count = 33, stack_pointer_number = 31 };
#else
#error "the registers of this architecture are not known"
#endif

// What handlers know of stacks; never changed once they can see it.
struct stacks {
  struct stacks *retired;
  size_t count;
  struct lynx_stack_range ranges[];
};

// A bounded queue of many producers and one consumer (D. Vyukov's bounded MPMC queue): a slot's turn
// says which position may be written (turn == position) or read (turn == position + 1) next.
struct slot {
  _Atomic uint64_t turn;
  uint64_t nanoseconds;
  pid_t thread;
  uint32_t periods;
  uint64_t stack_bytes;
  uint64_t registers[register_count];
  uint64_t stack[];
};

struct lynx_timer_session {
  uint64_t capacity;
  size_t slot_bytes;
  size_t stack_bytes;
  int wake_descriptor;
  char *slots;
  _Atomic(struct stacks *) stacks;
  // The consumer's.
  struct stacks *retired;
  uint64_t head;
  bool is_leaked;
  _Alignas(64) _Atomic uint64_t tail;
  _Atomic uint64_t dropped;
};

static _Atomic(struct lynx_timer_session *) active;
// Handlers that may have seen `active` and what it leads to.
static _Atomic uint32_t inside;

static struct slot *slot_at(const struct lynx_timer_session *session, uint64_t position) {
  return (struct slot *)(session->slots + (position & (session->capacity - 1)) * session->slot_bytes);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t thread_pointer(void) {
  uint64_t pointer;
#if defined(__x86_64__)
  // The word that %fs leads to is its own address (ELF Handling for Thread-Local Storage, 3.4.6).
  __asm__("mov %%fs:0, %0" : "=r"(pointer));
#else
  __asm__("mrs %0, tpidr_el0" : "=r"(pointer));
#endif
  return pointer;
}

static void copy_registers(uint64_t *registers, const ucontext_t *context) {
#if defined(__x86_64__)
  static const unsigned char order[register_count] = {
    REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
    REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
  };
  for (int i = 0; i < register_count; i++) {
    registers[i] = (uint64_t)context->uc_mcontext.gregs[order[i]];
  }
#else
  for (int i = 0; i < 31; i++) registers[i] = context->uc_mcontext.regs[i];
  registers[31] = context->uc_mcontext.sp;
  registers[32] = context->uc_mcontext.pc;
#endif
}

// Where the stack ends that a stack pointer is on; the stack pointer itself if it is on none that is
// known. What lies between is in use by this thread, which cannot unmap it meanwhile: a range that is
// no longer true makes a difference only to threads on stacks that nobody knows of, such as one
// made for a coroutine, and those have no control block behind them in the same memory.
static uint64_t stack_end(const struct stacks *stacks, uint64_t stack_pointer) {
  size_t low = 0, high = stacks->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (stacks->ranges[middle].end <= stack_pointer) low = middle + 1;
    else high = middle;
  }
  if (low == stacks->count || stacks->ranges[low].start > stack_pointer) return stack_pointer;
  const struct lynx_stack_range *range = &stacks->ranges[low];
  if (range->is_first_thread) return range->end;
  uint64_t block = thread_pointer();
  return block > stack_pointer && block <= range->end ? block : stack_pointer;
}

static void record(
  struct lynx_timer_session *session, const siginfo_t *info, const ucontext_t *context) {
  uint64_t position = atomic_load_explicit(&session->tail, memory_order_relaxed);
  struct slot *slot;
  for (;;) {
    slot = slot_at(session, position);
    uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);
    if (turn == position) {
      if (atomic_compare_exchange_weak_explicit(
            &session->tail, &position, position + 1, memory_order_relaxed,
            memory_order_relaxed)) {
        break;
      }
    } else if (turn < position) {
      atomic_fetch_add_explicit(&session->dropped, 1, memory_order_relaxed);
      return;
    } else {
      position = atomic_load_explicit(&session->tail, memory_order_relaxed);
    }
  }
  slot->nanoseconds = now();
  slot->thread = (pid_t)syscall(SYS_gettid);
  slot->periods = info->si_overrun > 0 ? (uint32_t)info->si_overrun + 1 : 1;
  copy_registers(slot->registers, context);
  uint64_t start = slot->registers[stack_pointer_number];
  uint64_t end = start;
  if (start % 8 == 0) {
    end = stack_end(atomic_load(&session->stacks), start);
  }
  if (end - start > session->stack_bytes) end = start + session->stack_bytes;
  size_t words = (end - start) / 8;
  const uint64_t *source = (const uint64_t *)start;
  for (size_t i = 0; i < words; i++) {
    slot->stack[i] = source[i];
    // Kept from becoming a call: handlers call what they must, and nothing else.
    __asm__ volatile("" : : : "memory");
  }
  slot->stack_bytes = words * 8;
  atomic_store_explicit(&slot->turn, position + 1, memory_order_release);
  if ((position & (session->capacity / 4 - 1)) == 0) {
    uint64_t one = 1;
    (void)!write(session->wake_descriptor, &one, sizeof one);
  }
}

static void handle(int number, siginfo_t *info, void *context) {
  (void)number;
  // Of others' signals nobody knows what CPU time they stand for.
  if (info->si_code != SI_TIMER) return;
  int code = errno;
  // The order of these two, and of their counterparts in close, is what keeps memory from being freed
  // below a handler: one of the two sides sees the other.
  atomic_fetch_add(&inside, 1);
  struct lynx_timer_session *session = atomic_load(&active);
  if (session) record(session, info, context);
  atomic_fetch_sub(&inside, 1);
  errno = code;
}

// Stays when a session ends: a signal that comes late would end the process else.
static int install(void) {
  struct sigaction wanted, found;
  if (sigaction(SIGPROF, NULL, &found) < 0) return -errno;
  if (found.sa_flags & SA_SIGINFO) {
    return found.sa_sigaction == handle ? 0 : -EEXIST;
  }
  if (found.sa_handler != SIG_DFL && found.sa_handler != SIG_IGN) return -EEXIST;
  memset(&wanted, 0, sizeof wanted);
  wanted.sa_sigaction = handle;
  wanted.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  return sigaction(SIGPROF, &wanted, NULL) < 0 ? -errno : 0;
}

int lynx_timer_session_open(
  uint32_t stack_bytes, uint32_t capacity, int wake_descriptor,
  struct lynx_timer_session **opened) {
  if (stack_bytes % 8 != 0 || capacity < 4 || (capacity & (capacity - 1)) != 0) return -EINVAL;
  if (atomic_load(&active)) return -EBUSY;
  struct lynx_timer_session *session = aligned_alloc(64, sizeof *session);
  struct stacks *stacks = calloc(1, sizeof *stacks);
  if (!session || !stacks) {
    free(session);
    free(stacks);
    return -ENOMEM;
  }
  memset(session, 0, sizeof *session);
  session->capacity = capacity;
  session->stack_bytes = stack_bytes;
  session->slot_bytes = (sizeof(struct slot) + stack_bytes + 63) / 64 * 64;
  session->wake_descriptor = wake_descriptor;
  atomic_init(&session->stacks, stacks);
  session->slots = mmap(
    NULL, session->slot_bytes * capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
    0);
  if (session->slots == MAP_FAILED) {
    int code = errno;
    free(session);
    free(stacks);
    return -code;
  }
  for (uint64_t i = 0; i < capacity; i++) atomic_init(&slot_at(session, i)->turn, i);
  // What handlers call is bound here: the first call of a function may go through the dynamic loader.
  (void)now();
  (void)syscall(SYS_gettid);
  (void)!write(wake_descriptor, &(uint64_t){1}, 8);
  int code = install();
  struct lynx_timer_session *none = NULL;
  if (code == 0 && !atomic_compare_exchange_strong(&active, &none, session)) code = -EBUSY;
  if (code < 0) {
    lynx_timer_session_free(session);
    return code;
  }
  *opened = session;
  return 0;
}

static void free_retired(struct lynx_timer_session *session) {
  while (session->retired) {
    struct stacks *next = session->retired->retired;
    free(session->retired);
    session->retired = next;
  }
}

int lynx_timer_session_set_stacks(
  struct lynx_timer_session *session, const struct lynx_stack_range *ranges, size_t count) {
  struct stacks *stacks = malloc(sizeof *stacks + count * sizeof *ranges);
  if (!stacks) return -ENOMEM;
  stacks->count = count;
  memcpy(stacks->ranges, ranges, count * sizeof *ranges);
  struct stacks *old = atomic_exchange(&session->stacks, stacks);
  old->retired = session->retired;
  session->retired = old;
  // A handler that begins after this moment sees the new ones.
  if (atomic_load(&inside) == 0) free_retired(session);
  return 0;
}

bool lynx_timer_session_peek(struct lynx_timer_session *session, struct lynx_timer_sample *sample) {
  const struct slot *slot = slot_at(session, session->head);
  if (atomic_load_explicit(&slot->turn, memory_order_acquire) != session->head + 1) return false;
  sample->nanoseconds = slot->nanoseconds;
  sample->thread = slot->thread;
  sample->periods = slot->periods;
  sample->registers = slot->registers;
  sample->stack = slot->stack;
  sample->stack_bytes = slot->stack_bytes;
  return true;
}

void lynx_timer_session_release(struct lynx_timer_session *session) {
  struct slot *slot = slot_at(session, session->head);
  atomic_store_explicit(&slot->turn, session->head + session->capacity, memory_order_release);
  session->head += 1;
}

uint64_t lynx_timer_session_dropped(const struct lynx_timer_session *session) {
  return atomic_load_explicit(&session->dropped, memory_order_relaxed);
}

bool lynx_timer_session_close(struct lynx_timer_session *session) {
  struct lynx_timer_session *expected = session;
  atomic_compare_exchange_strong(&active, &expected, NULL);
  for (int i = 0; i < 10000 && atomic_load(&inside) != 0; i++) {
    nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
  }
  session->is_leaked = atomic_load(&inside) != 0;
  return !session->is_leaked;
}

void lynx_timer_session_free(struct lynx_timer_session *session) {
  if (session->is_leaked) return;
  free_retired(session);
  free(atomic_load(&session->stacks));
  munmap(session->slots, session->slot_bytes * session->capacity);
  free(session);
}

int lynx_thread_timer_start(pid_t thread, uint64_t interval_nanoseconds) {
  struct sigevent event;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGPROF;
  event._sigev_un._tid = thread;
  // MAKE_THREAD_CPUCLOCK(thread, CPUCLOCK_SCHED) of linux/posix-timers.h.
  clockid_t clock = (clockid_t)(~(unsigned)thread << 3 | 6);
  int timer;
  if (syscall(SYS_timer_create, clock, &event, &timer) < 0) return -errno;
  struct timespec interval = {
    .tv_sec = (time_t)(interval_nanoseconds / 1000000000),
    .tv_nsec = (long)(interval_nanoseconds % 1000000000)};
  struct itimerspec times = {.it_interval = interval, .it_value = interval};
  if (syscall(SYS_timer_settime, timer, 0, &times, NULL) < 0) {
    int code = errno;
    lynx_thread_timer_delete(timer);
    return -code;
  }
  return timer;
}

bool lynx_thread_timer_is_alive(int timer) {
  struct itimerspec times;
  // Of a thread that ended there is nothing left to expire.
  return syscall(SYS_timer_gettime, timer, &times) == 0
    && (times.it_value.tv_sec != 0 || times.it_value.tv_nsec != 0);
}

void lynx_thread_timer_delete(int timer) { syscall(SYS_timer_delete, timer); }

uint64_t lynx_tick_nanoseconds(void) {
  struct timespec tick;
  // The coarse clock is the time of the last tick.
  if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) < 0 || tick.tv_sec != 0 || tick.tv_nsec <= 0) {
    return 10000000;
  }
  return (uint64_t)tick.tv_nsec;
}

static int first_object(struct dl_phdr_info *info, size_t size, void *version) {
  if (size >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof info->dlpi_subs) {
    *(uint64_t *)version = (uint64_t)info->dlpi_adds + (uint64_t)info->dlpi_subs;
  }
  return 1;
}

uint64_t lynx_loaded_objects_version(void) {
  uint64_t version = 0;
  dl_iterate_phdr(first_object, &version);
  return version;
}
