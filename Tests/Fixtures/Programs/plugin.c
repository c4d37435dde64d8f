// What noise.c loads and unloads.
#include <stdint.h>

static volatile uint64_t sink;

__attribute__((noinline)) void plugged(void) {
  uint64_t value = sink | 1;
  for (int step = 0; step < 20000; step++) value = value * 6364136223846793005u + 1;
  sink = value;
}
