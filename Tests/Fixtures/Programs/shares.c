// Spends 10, 20, 30 and 40 % of its CPU time in ten, twenty, thirty and forty; twenty is always
// inlined. Runs for the seconds given, in threads if a second argument asks for some. Compiled with
// -DTHIRTY=20 -DFORTY=50, thirty takes 20 % and forty 50 %, and all else as before.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile uint64_t sink;

// One step costs the same wherever it stands: a chain of dependent multiplications.
#define WORK(steps)                                                 \
  uint64_t value = sink | 1;                                        \
  for (long step = 0; step < (steps); step++) {                     \
    value = value * 6364136223846793005u + 1442695040888963407u;    \
    __asm__ volatile("" : "+r"(value));                             \
  }                                                                 \
  sink = value

#ifndef THIRTY
#define THIRTY 30
#endif
#ifndef FORTY
#define FORTY 40
#endif

enum { unit = 10000 };

__attribute__((noinline)) void ten(void) { WORK(10 * unit); }
static inline __attribute__((always_inline)) void twenty(void) { WORK(20 * unit); }
__attribute__((noinline)) void thirty(void) { WORK(THIRTY * unit); }
__attribute__((noinline)) void forty(void) { WORK(FORTY * unit); }

__attribute__((noinline)) void turn(void) {
  ten();
  twenty();
  thirty();
  forty();
  __asm__ volatile("");
}

static double seconds;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static void *run(void *unused) {
  double end = now() + seconds;
  while (now() < end) turn();
  return unused;
}

int main(int count, char **arguments) {
  seconds = count > 1 ? atof(arguments[1]) : 3;
  int threads = count > 2 ? atoi(arguments[2]) : 0;
  pthread_t thread[64];
  for (int i = 0; i < threads && i < 64; i++) pthread_create(&thread[i], NULL, run, NULL);
  if (threads == 0) run(NULL);
  for (int i = 0; i < threads && i < 64; i++) pthread_join(thread[i], NULL);
  return 0;
}
