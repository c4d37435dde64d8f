// Recursive and deep: builds and walks trees, sorts with a callback, and throws through frames.
// Compile with -O2 -g -fomit-frame-pointer: nothing but call-frame information describes its stacks.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace forest {

struct Tree {
  std::unique_ptr<Tree> left, right;
  uint64_t value = 0;
};

struct Random {
  uint64_t state;
  uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  }
};

__attribute__((noinline)) std::unique_ptr<Tree> grow(Random &random, int depth) {
  auto tree = std::make_unique<Tree>();
  tree->value = random.next();
  if (depth > 0) {
    tree->left = grow(random, depth - 1);
    tree->right = grow(random, depth - 1);
  }
  return tree;
}

__attribute__((noinline)) uint64_t sum(const Tree *tree) {
  if (!tree) return 0;
  uint64_t below = sum(tree->left.get());
  return below + sum(tree->right.get()) + (tree->value >> 3);
}

// A chain of calls, one frame for each level, each with a local array of its own size.
template <int Level>
__attribute__((noinline)) uint64_t descend(Random &random) {
  volatile uint64_t local[1 + Level % 4];
  for (auto &word : local) word = random.next();
  uint64_t below = descend<Level - 1>(random);
  return below + local[0];
}

template <>
__attribute__((noinline)) uint64_t descend<0>(Random &random) {
  uint64_t total = 0;
  for (int i = 0; i < 2000; i++) total += random.next();
  return total;
}

__attribute__((noinline)) uint64_t shuffleAndSort(Random &random) {
  std::vector<uint64_t> values(2000);
  for (auto &value : values) value = random.next();
  std::sort(values.begin(), values.end(), [](uint64_t a, uint64_t b) { return (a ^ 5) < (b ^ 5); });
  std::map<std::string, int> words;
  for (int i = 0; i < 300; i++) words[std::to_string(values[i] % 500)]++;
  return values[7] + words.size();
}

__attribute__((noinline)) int thrower(int depth) {
  if (depth == 0) throw std::runtime_error("expected");
  return thrower(depth - 1) + 1;
}

__attribute__((noinline)) uint64_t catching() {
  try {
    return thrower(12);
  } catch (const std::runtime_error &) {
    return 1;
  }
}

}  // namespace forest

int main(int count, char **arguments) {
  double seconds = count > 1 ? atof(arguments[1]) : 3;
  forest::Random random{88172645463325252u};
  uint64_t total = 0;
  timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  do {
    auto tree = forest::grow(random, 12);
    for (int i = 0; i < 4; i++) total += forest::sum(tree.get());
    for (int i = 0; i < 40; i++) total += forest::descend<60>(random);
    total += forest::shuffleAndSort(random);
    for (int i = 0; i < 4; i++) total += forest::catching();
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while ((now.tv_sec - start.tv_sec) + (now.tv_nsec - start.tv_nsec) * 1e-9 < seconds);
  printf("%llu\n", (unsigned long long)total);
}
