import Glibc
import LinuxSystem
import Terminal

/// Records with either profiler, which differ in their command lines only.
struct Recorder {
  private let bench: Bench
  private let attaching: (ProcessID) -> [String]
  private let launching: ([String]) -> [String]
  /// What was run, as it can be shown.
  private(set) var commands: [[String]] = []
  /// How the last recording ended.
  private(set) var end: RunningProcess.End?

  init(
    _ bench: Bench, attaching: @escaping (ProcessID) -> [String],
    launching: @escaping ([String]) -> [String]
  ) {
    self.bench = bench
    self.attaching = attaching
    self.launching = launching
  }

  /// Profiles a program that ends by itself within minutes.
  mutating func launch(_ program: [String]) throws(CommandError) {
    let command = launching(program)
    commands.append(bench.shown(command))
    end = try bench.mustRun(command, within: 300)
  }

  /// Profiles a running process for some time.
  mutating func attach(
    to process: ProcessID, seconds: Double, watchingMemory: Bool = false
  ) throws(CommandError) {
    let command = attaching(process)
    commands.append(bench.shown(command, processID: process))
    let recorder = try RunningProcess(command, .init(errorPath: bench.scratch("errors.txt")))
    let early = try recorder.wait(
      within: seconds, watchingMemory: watchingMemory, interrupts: bench.interrupts)
    guard early == nil else {
      throw bench.failure(of: command, "ended too early")
    }
    recorder.send(signal: SIGINT)
    let end = try bench.finish(recorder, within: 300, watchingMemory: watchingMemory)
    // perf ends by the signal itself, after its work.
    guard let end, end.status == .exited(0) || end.status == .killed(signal: SIGINT) else {
      throw bench.failure(of: command, "did not end well")
    }
    self.end = end
  }
}
