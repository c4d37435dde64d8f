// A library to be preloaded into a server that profiles itself: threads of its own that spend known
// shares of their time (those of shares.c), and, with NOISE=storm, what a signal handler may come in the
// way of: malloc, dlopen and dlclose of NOISE_PLUGIN, threads that come and go, and signals like those of
// timers without end, sent from when somebody handles them.
#define _GNU_SOURCE
#define main shares_main
#include "shares.c"
#undef main

#include <dirent.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// Where the server's own threads do not get it: signals that end the server are its main thread's.
static void leave_signals_alone(void) {
  sigset_t set;
  sigfillset(&set);
  sigdelset(&set, SIGPROF);
  pthread_sigmask(SIG_SETMASK, &set, NULL);
}

static void *spend(void *unused) {
  leave_signals_alone();
  for (;;) turn();
  return unused;
}

static void *allocate(void *unused) {
  leave_signals_alone();
  void *kept[64] = {0};
  uint64_t number = 1;
  for (;;) {
    number = number * 6364136223846793005u + 1442695040888963407u;
    size_t place = number >> 58;
    size_t size = (number >> 20) % ((number >> 50) % 8 == 0 ? 300000 : 600);
    kept[place] = number >> 49 & 1 ? realloc(kept[place], size + 1) : (free(kept[place]), malloc(size));
    if (kept[place]) *(volatile char *)kept[place] = 1;
  }
  return unused;
}

static void *load(void *path) {
  leave_signals_alone();
  for (;;) {
    void *library = dlopen(path, RTLD_NOW);
    if (!library) {
      fprintf(stderr, "noise: %s\n", dlerror());
      abort();
    }
    void (*plugged)(void) = (void (*)(void))dlsym(library, "plugged");
    if (plugged) plugged();
    dlclose(library);
  }
  return path;
}

static void *brief(void *unused) {
  ten();
  return unused;
}

static void *come_and_go(void *unused) {
  leave_signals_alone();
  for (;;) {
    pthread_t thread[4];
    for (int i = 0; i < 4; i++) pthread_create(&thread[i], NULL, brief, NULL);
    for (int i = 0; i < 4; i++) pthread_join(thread[i], NULL);
  }
  return unused;
}

static int send(pid_t thread) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_signo = SIGPROF;
  info.si_code = SI_TIMER;
  return syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, SIGPROF, &info);
}

static void wait_for_handler(void) {
  struct sigaction action;
  while (sigaction(SIGPROF, NULL, &action) == 0 && action.sa_handler == SIG_DFL) usleep(1000);
}

// Each of these is delivered before the call returns.
static void *send_to_oneself(void *unused) {
  leave_signals_alone();
  wait_for_handler();
  pid_t self = syscall(SYS_gettid);
  while (send(self) == 0) continue;
  perror("noise: rt_tgsigqueueinfo");
  abort();
  return unused;
}

// These come wherever the others are; of those that are sent too fast some are one.
static void *send_to_all(void *unused) {
  leave_signals_alone();
  wait_for_handler();
  for (;;) {
    DIR *folder = opendir("/proc/self/task");
    if (!folder) abort();
    struct dirent *entry;
    while ((entry = readdir(folder))) {
      pid_t thread = atoi(entry->d_name);
      if (thread > 0) send(thread);
    }
    closedir(folder);
    usleep(50);
  }
  return unused;
}

__attribute__((constructor)) static void begin(void) {
  const char *kind = getenv("NOISE");
  if (!kind) return;
  pthread_t thread;
  for (int i = 0; i < 2; i++) pthread_create(&thread, NULL, spend, NULL);
  if (strcmp(kind, "storm") != 0) return;
  for (int i = 0; i < 2; i++) pthread_create(&thread, NULL, allocate, NULL);
  pthread_create(&thread, NULL, load, getenv("NOISE_PLUGIN"));
  pthread_create(&thread, NULL, come_and_go, NULL);
  for (int i = 0; i < 2; i++) pthread_create(&thread, NULL, send_to_oneself, NULL);
  pthread_create(&thread, NULL, send_to_all, NULL);
}
