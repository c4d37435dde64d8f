// Does the same work every time, as many rounds as its argument says, and prints the wall and the
// CPU seconds that took. Begins when its standard input has a byte or ends: a profiler can attach
// before. Recursion with a call back from the C library at its bottom: stacks some 40 deep.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { levels = 32, items = 256 };

static uint64_t state = 88172645463325252u;

static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static int compare(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

__attribute__((noinline)) static uint64_t sorted(void) {
  uint64_t values[items];
  for (int i = 0; i < items; i++) values[i] = next();
  qsort(values, items, sizeof *values, compare);
  return values[items / 2];
}

__attribute__((noinline)) static uint64_t descend(int level) {
  volatile uint64_t local = next();
  uint64_t below = level == 0 ? sorted() : descend(level - 1);
  return below + local;
}

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  long rounds = count > 1 ? atol(arguments[1]) : 1000;
  char byte;
  if (read(STDIN_FILENO, &byte, 1) < 0) return 1;
  double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  uint64_t total = 0;
  for (long round = 0; round < rounds; round++) total += descend(levels);
  wall = seconds(CLOCK_MONOTONIC) - wall;
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  printf("%.6f %.6f\n%llu\n", wall, cpu, (unsigned long long)total);
  return 0;
}
