import LinuxSystem
import Modules
import Sampling
import TestSupport
import Testing
import Unwinding

@Suite("Stacks of unusual shapes are followed to their root", .serialized)
struct StackShapeTests {
  /// A program, how it is built, and which functions lie on nearly all stacks, innermost first.
  struct Shape: CustomTestStringConvertible {
    var name: String
    var command: String
    var functions: [String]
    var source: String
    var testDescription: String { name }
  }

  /// Burns CPU time without calling anything; `spin` does so for a while.
  private static let work = """
    #define _GNU_SOURCE
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>
    #include <alloca.h>
    #include <stdint.h>
    #define NOINLINE __attribute__((noinline, noclone))
    volatile uint64_t sink;
    NOINLINE void burn(long steps) {
      uint64_t value = sink | 1;
      for (long i = 0; i < steps; i++) {
        value = value * 6364136223846793005u + 1; __asm__ volatile("" : "+r"(value)); }
      sink = value; }
    static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t);
      return t.tv_sec + t.tv_nsec * 1e-9; }

    """

  private static func handler(onStack: Bool) -> String {
    work + """
      NOINLINE void inHandler(void) { burn(4000000); __asm__ volatile(""); }
      void handle(int number) { (void)number; inHandler(); __asm__ volatile(""); }
      NOINLINE void interrupted(double end) { while (now() < end) burn(1000); }
      NOINLINE void outer(double end) { interrupted(end); __asm__ volatile(""); }
      int main(void) {
        stack_t other = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
        if (\(onStack ? 1 : 0)) sigaltstack(&other, 0);
        struct sigaction action; memset(&action, 0, sizeof action);
        action.sa_handler = handle; action.sa_flags = SA_RESTART | \(onStack ? "SA_ONSTACK" : "0");
        sigaction(SIGALRM, &action, 0);
        struct itimerval timer = {{0, 12000}, {0, 1000}}; setitimer(ITIMER_REAL, &timer, 0);
        outer(now() + 1);
        return 0; }
      """
  }

  private static let nested =
    work + """
      NOINLINE void leaf(long n) { burn(n); __asm__ volatile(""); }
      NOINLINE long middle(long n) { long copy = n; leaf(n); __asm__ volatile("" :: "r"(copy));
        return copy + sink; }
      NOINLINE long outer(long a, long b, long c) { long r = middle(a) + b; __asm__ volatile("");
        return r * c + middle(b); }
      int main(void) { double end = now() + 1; while (now() < end) outer(20000, 20000, 3); return 0; }
      """

  static let shapes: [Shape] = [
    Shape(
      name: "a signal handler", command: "gcc -O2",
      functions: ["inHandler", "handle", "outer", "main"], source: handler(onStack: false)),
    Shape(
      name: "a signal handler, frames omitted", command: "gcc -O1 -fomit-frame-pointer",
      functions: ["inHandler", "handle", "outer", "main"], source: handler(onStack: false)),
    Shape(
      name: "tail calls", command: "gcc -O2",
      functions: ["burn", "main"],
      source: work + """
        NOINLINE void last(long n) { burn(n); }
        NOINLINE void first(long n) { last(n + 1); }
        int main(void) { double end = now() + 1; while (now() < end) { first(50000);
          __asm__ volatile(""); } return 0; }
        """),
    Shape(
      name: "a realigned stack", command: "gcc -O2 -mavx",
      functions: ["burn", "aligned", "main"],
      source: work + """
        NOINLINE __attribute__((force_align_arg_pointer)) void aligned(long n) {
          volatile float local[8] __attribute__((aligned(32))) = {0}; local[n & 7] = n;
          burn(n); local[1] = local[2]; }
        int main(void) { double end = now() + 1; while (now() < end) { aligned(50000);
          __asm__ volatile(""); } return 0; }
        """),
    Shape(
      name: "a stack of variable size", command: "gcc -O2",
      functions: ["burn", "variable", "main"],
      source: work + """
        NOINLINE void variable(long n) { volatile char *bytes = alloca(n & 1023); bytes[0] = 1;
          volatile long list[(n & 15) + 1]; list[0] = n; burn(n); bytes[0] = list[0]; }
        int main(void) { double end = now() + 1; long n = 40000; while (now() < end) {
          variable(n += 7); if (n > 60000) n = 40000; __asm__ volatile(""); } return 0; }
        """),
    Shape(
      name: "no call-frame information, with frame pointers",
      command: "gcc -O2 -fno-asynchronous-unwind-tables -fno-exceptions -fno-omit-frame-pointer",
      functions: ["burn", "leaf", "middle", "outer", "main"], source: nested),
    Shape(
      name: "no call-frame information, no frame pointers",
      command: "gcc -O2 -fno-asynchronous-unwind-tables -fno-exceptions",
      functions: ["burn", "leaf", "middle", "outer", "main"], source: nested),
    Shape(
      name: "only .debug_frame",
      command: "gcc -O2 -g -fno-asynchronous-unwind-tables -fno-exceptions",
      functions: ["burn", "leaf", "middle", "outer", "main"], source: nested),
    Shape(
      name: "the vdso", command: "gcc -O2",
      functions: ["asking", "main"],
      source: work + """
        NOINLINE void asking(double end) { while (now() < end) {} __asm__ volatile(""); }
        int main(void) { asking(now() + 1); __asm__ volatile(""); return 0; }
        """),
    Shape(
      name: "linkage stubs", command: "gcc -O1 -fno-builtin -Wl,-z,lazy",
      functions: ["stubs", "main"],
      source: work + """
        NOINLINE void stubs(double end) { while (now() < end) {
          for (int i = 0; i < 20000; i++) { sink += abs(i) + labs(i); getpid; } } }
        int main(void) { stubs(now() + 1); __asm__ volatile(""); return 0; }
        """),
  ]

  @Test("named functions, in their order", arguments: shapes)
  func shape(_ shape: Shape) throws {
    let live = try Self.run(shape)
    var complete = 0
    var withFirst = 0
    var examples: [String: Int] = [:]
    let ends = live.unwindAll { _, places, end in
      let names = places.map { live.name($0) }
      if names.contains(shape.functions[0]) {
        withFirst += 1
        if Self.holds(names, shape.functions), end == .root {
          complete += 1
          return
        }
      } else if end == .root {
        return
      }
      examples["\(end): " + names.prefix(8).joined(separator: " < "), default: 0] += 1
    }
    print("\(shape.name): \(complete) of \(withFirst) complete; \(ends)")
    for (example, count) in examples.sorted(by: { $0.value > $1.value }).prefix(4) {
      print("  \(count) × \(example)")
    }
    #expect(withFirst > 50)
    #expect(complete * 1000 >= withFirst * 990)
    #expect(ends.root * 100 >= ends.total * 99)
  }

  /// On another stack the interrupted one is not in the copy: the handler is there, and the stack
  /// is not taken for whole.
  @Test("a handler on an alternate stack says that what it interrupted was not copied")
  func alternateStack() throws {
    let live = try Self.run(
      Shape(
        name: "alternate stack", command: "gcc -O2", functions: [],
        source: Self.handler(onStack: true)))
    var inHandler = 0
    var asWanted = 0
    var examples: [String: Int] = [:]
    _ = live.unwindAll { _, places, end in
      let names = places.map { live.name($0) }
      guard Self.holds(names, ["inHandler", "handle"]) else { return }
      inHandler += 1
      // Behind the signal frame the interrupted function is known, its callers are not.
      if end == .truncated, names.contains("burn"), names.count >= 4 { asWanted += 1 }
      examples["\(end): " + names.prefix(8).joined(separator: " < "), default: 0] += 1
    }
    print("alternate stack: \(asWanted) of \(inHandler)")
    for (example, count) in examples.sorted(by: { $0.value > $1.value }).prefix(4) {
      print("  \(count) × \(example)")
    }
    #expect(inHandler > 30)
    #expect(asWanted * 100 >= inHandler * 98)
  }

  /// Code without a file: frame pointers lead through it.
  @Test("generated code with frame pointers")
  func generatedCode() throws {
    let live = try Self.run(
      Shape(
        name: "generated code", command: "gcc -O2", functions: [],
        source: Self.work + """
          NOINLINE void called(void) { burn(20000); __asm__ volatile(""); }
          int main(void) {
            // push %rbp; mov %rsp,%rbp; call *%rdi; pop %rbp; ret
            static const unsigned char code[] =
              {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
            unsigned char *page = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            memcpy(page, code, sizeof code);
            double end = now() + 1;
            while (now() < end) ((void (*)(void (*)(void)))page)(called);
            return 0; }
          """))
    var complete = 0
    var generated = 0
    _ = live.unwindAll { _, places, end in
      let names = places.map { live.name($0) }
      guard names.contains("called") else { return }
      generated += 1
      let passes = places.contains { place in
        guard let module = place.module, case .generated = live.store[module].origin else {
          return false
        }
        return true
      }
      if passes, end == .root, Self.holds(names, ["burn", "called", "main"]) { complete += 1 }
    }
    print("generated code: \(complete) of \(generated)")
    #expect(generated > 50)
    #expect(complete * 100 >= generated * 99)
  }

  static func run(_ shape: Shape) throws -> LiveSamples {
    let shop = try Workshop()
    let source = try shop.source("program.c", shape.source)
    try shop.run("\(shape.command) -w '\(source)' -o program")
    return try LiveSamples(of: [shop / "program"])
  }

  /// Whether `wanted` occur in `names` in this order.
  static func holds(_ names: [String], _ wanted: [String]) -> Bool {
    var rest = wanted[...]
    for name in names where name == rest.first { rest = rest.dropFirst() }
    return rest.isEmpty
  }
}
