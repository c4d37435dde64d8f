// Threads and processes that come and go. Every unit of work burns a stated amount of CPU time of
// its thread, so that the sum is known however busy the machine is. A scenario that begins with
// "wait-" reads a line from standard input first, so that a profiler can be attached before it.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double cpu(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static volatile uint64_t sink;

#define BURNER(name)                                                  \
  __attribute__((noinline)) void name(double seconds) {               \
    for (double end = cpu() + seconds; cpu() < end;) {                \
      uint64_t value = sink | 1;                                      \
      for (int i = 0; i < 20000; i++) {                               \
        value = value * 6364136223846793005u + 1442695040888963407u;  \
        __asm__ volatile("" : "+r"(value));                           \
      }                                                               \
      sink = value;                                                   \
    }                                                                 \
  }

BURNER(burn_main)
BURNER(burn_thread)
BURNER(burn_child)
BURNER(burn_image)

static double amount;

static void *thread(void *unused) {
  burn_thread(amount);
  return unused;
}

static void join_all(int count) {
  pthread_t list[1024];
  if (count > 1024) count = 1024;
  for (int i = 0; i < count; i++)
    if (pthread_create(&list[i], NULL, thread, NULL)) exit(9);
  for (int i = 0; i < count; i++) pthread_join(list[i], NULL);
}

static void *sleeper(void *unused) {
  for (;;) pause();
  return unused;
}

// Threads that are there and do nothing.
static void idle(int count) {
  pthread_t born;
  for (int i = 0; i < count; i++)
    if (pthread_create(&born, NULL, sleeper, NULL)) exit(9);
  burn_main(amount);
  for (;;) pause();
}

static void one_after_another(int count) {
  for (int i = 0; i < count; i++) join_all(1);
}

static void children(int count) {
  for (int i = 0; i < count; i++)
    if (fork() == 0) {
      burn_child(amount);
      _exit(0);
    }
  while (wait(NULL) > 0) {}
}

// Becomes this program again, with one turn less left.
static void images(char **arguments, int left) {
  burn_image(amount);
  if (left <= 1) return;
  char number[16], seconds[32];
  snprintf(number, sizeof number, "%d", left - 1);
  snprintf(seconds, sizeof seconds, "%g", amount);
  execl("/proc/self/exe", arguments[0], "images", number, seconds, (char *)NULL);
  exit(9);
}

// The first thread ends, another goes on.
static void leave_to_thread(void) {
  pthread_t other;
  if (pthread_create(&other, NULL, thread, NULL)) exit(9);
  pthread_exit(NULL);
}

static void *breeder(void *unused) {
  for (;;) {
    pthread_t born;
    if (pthread_create(&born, NULL, thread, NULL)) exit(9);
    pthread_join(born, NULL);
  }
  return unused;
}

// Several threads that start threads without a pause, each of which burns.
static void breed(int count) {
  pthread_t list[64];
  for (int i = 0; i < count && i < 64; i++)
    if (pthread_create(&list[i], NULL, breeder, NULL)) exit(9);
  for (;;) pause();
}

int main(int count, char **arguments) {
  if (count < 4) return 64;
  const char *scenario = arguments[1];
  int number = atoi(arguments[2]);
  amount = atof(arguments[3]);
  if (count > 4) prctl(PR_SET_NAME, arguments[4]);
  if (strncmp(scenario, "wait-", 5) == 0) {
    scenario += 5;
    char byte;
    do
      if (read(0, &byte, 1) != 1) return 0;
    while (byte != '\n');
  }
  if (strcmp(scenario, "main") == 0) burn_main(amount);
  else if (strcmp(scenario, "threads") == 0) join_all(number);
  else if (strcmp(scenario, "sequence") == 0) one_after_another(number);
  else if (strcmp(scenario, "children") == 0) children(number);
  else if (strcmp(scenario, "images") == 0) images(arguments, number);
  else if (strcmp(scenario, "idle") == 0) idle(number);
  else if (strcmp(scenario, "leave") == 0) leave_to_thread();
  else if (strcmp(scenario, "breed") == 0) breed(number);
  else if (strcmp(scenario, "mixed") == 0) {
    if (fork() == 0) {
      join_all(number);
      burn_child(amount);
      _exit(0);
    }
    burn_main(amount);
    join_all(number);
    while (wait(NULL) > 0) {}
  } else if (strcmp(scenario, "deaf") == 0) {
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    burn_main(amount);
  } else return 64;
  return 0;
}
