import Foundation
import LinuxSystem
import TestSupport
import Testing

/// A process may be named anything, and the name stands in the middle of the line.
@Suite("What /proc/PID/stat says of a process")
struct ProcessStatTests {
  @Test(
    "is read right whatever the process is called",
    arguments: ["plain", "x) Z 7 (", ")) R 1 1", "a b", "é)"])
  func names(name: String) throws {
    let workshop = try Workshop()
    let path = workshop / name
    try FileManager.default.copyItem(atPath: "/usr/bin/sleep", toPath: path)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = ["60"]
    try process.run()
    defer { process.terminate() }
    let id = process.processIdentifier

    // ps is the second opinion.
    let words = try workshop.run("ps -o ppid=,stat= -p \(id)").split(separator: " ")
    let stat = try #require(Processes.readStat(of: id))
    #expect(stat.parent == ProcessID(words[0]))
    #expect(stat.parent == getpid())
    #expect(stat.startTicks == Processes.startTicks(of: id))
    #expect("RSD".contains(stat.state))
    #expect(Processes.tree(of: getpid()).contains(id))
    #expect(Processes.isAlive(id))
  }

  @Test("counts the CPU time of a thread as part of that of its process")
  func threads() throws {
    let deadline = Clock.processCPUNanoseconds + 30_000_000
    while Clock.processCPUNanoseconds < deadline {}
    let whole = try #require(Processes.cpuNanoseconds(of: getpid()))
    let parts = Processes.threads(of: getpid())
      .compactMap { Processes.cpuNanoseconds(of: getpid(), thread: $0) }.reduce(0, +)
    #expect(whole >= 30_000_000 - 10_000_000)
    // Threads that ended are part of the process; each figure is rounded down to ticks of 10 ms.
    #expect(whole + 10_000_000 * UInt64(Processes.threads(of: getpid()).count + 50) >= parts)
    #expect(Processes.readStat(of: 1 << 30) == nil)
  }
}
