internal import Glibc
internal import LinuxSystem
internal import Sampling

/// What the target is, whether it still runs, and how much CPU it used: what tells a process that
/// slept from one that ended too early.
final class TargetActivity {
  private let target: SamplingTarget
  /// The processes, or the threads with the processes they belong to.
  private let members: [(id: ProcessID, group: ProcessID)]
  private let cpuAtStart: UInt64
  private var cpuUsed: UInt64 = 0
  /// Of `cpuUsed`, what was not in the kernel; known of commands that ended only.
  private var childUserCPU: UInt64 = 0
  private let childCPUAtStart: (user: UInt64, system: UInt64)
  private var lastState: Character?
  private let command: [String]
  let description: String

  /// `command` is what was started for the purpose, if something was.
  init(_ target: SamplingTarget, command: [String] = []) {
    self.target = target
    self.command = command
    switch target {
    case .processes(let list):
      members = list.map { ($0, $0) }
    case .threads(let list):
      members = list.map { ($0, Processes.status(of: $0)?.threadGroup ?? $0) }
    case .heldChild(let child):
      members = [(child, child)]
    }
    description = Self.describe(target, members)
    childCPUAtStart = Self.childCPU
    cpuAtStart = Self.cpu(of: members, target)
  }

  private static func describe(
    _ target: SamplingTarget, _ members: [(id: ProcessID, group: ProcessID)]
  ) -> String {
    switch target {
    case .heldChild: return "a command started for the purpose"
    case .processes, .threads:
      return members.map { member in
        let name = Processes.name(of: member.group, thread: member.id) ?? "?"
        let kind = if case .threads = target { "thread" } else { "process" }
        return "\(kind) \(member.id) (\(name))"
      }.joined(separator: ", ")
    }
  }

  /// The processes whose address spaces are to be read from /proc.
  func processesToAdopt(_ threads: Set<ProcessID>) -> [ProcessID] {
    if case .heldChild = target { return [] }
    var found: [ProcessID] = []
    var seen = Set<ProcessID>()
    for thread in threads.sorted() {
      guard let group = Processes.status(of: thread)?.threadGroup else { continue }
      if seen.insert(group).inserted { found.append(group) }
    }
    return found
  }

  /// One descriptor a process, readable when it has ended; -1 where there is none to have.
  var endDescriptors: [Int32] {
    if case .threads = target { return [] }
    return members.map { Processes.endDescriptor(of: $0.id) ?? -1 }
  }

  /// Those still worth waking for: while one of several processes lives, one that ended would
  /// wake at once, again and again.
  func watched(_ descriptors: [Int32]) -> [Int32] {
    descriptors.filter { $0 >= 0 && waitForReadable([$0], timeoutMilliseconds: 0).isEmpty }
  }

  /// `explains`: what it used is asked for if it ends now, since no sample was taken so far; to
  /// read that each time was a third of what a recording at 99 Hz costs while it goes on.
  func hasEnded(_ descriptors: [Int32], child: ChildProcess?, explains: Bool) -> Bool {
    if let child { return child.poll() != nil }
    if explains { noteState() }
    if descriptors.isEmpty || descriptors.contains(-1) {
      return members.allSatisfy { !Processes.isAlive($0.id) }
    }
    return watched(descriptors).isEmpty
  }

  private func noteState() {
    let used = Self.cpu(of: members, target)
    if used > cpuAtStart { cpuUsed = used - cpuAtStart }
    if let state = members.first.flatMap({ Processes.readStat(of: $0.id)?.state }) {
      lastState = state
    }
  }

  func noteEnd(_ child: ChildProcess?) {
    if child != nil {
      let now = Self.childCPU
      childUserCPU = now.user &- childCPUAtStart.user
      cpuUsed = childUserCPU &+ now.system &- childCPUAtStart.system
      if cpuUsed == 0 { noteState() }
    } else {
      noteState()
    }
  }

  private static func cpu(
    of members: [(id: ProcessID, group: ProcessID)], _ target: SamplingTarget
  ) -> UInt64 {
    members.reduce(0) { sum, member in
      if case .threads = target {
        return sum &+ (Processes.cpuNanoseconds(of: member.group, thread: member.id) ?? 0)
      }
      return sum &+ (Processes.cpuNanoseconds(of: member.id) ?? 0)
    }
  }

  /// CPU time of children that were waited for.
  private static var childCPU: (user: UInt64, system: UInt64) {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage) == 0 else { return (0, 0) }
    func nanoseconds(_ time: timeval) -> UInt64 {
      UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_usec) &* 1_000
    }
    return (nanoseconds(usage.ru_utime), nanoseconds(usage.ru_stime))
  }

  /// What to say if samples stand for much less CPU time than a command that ended used: each
  /// thread starts with a whole period, so that one shorter than it is never seen.
  func coverageNote(covered: UInt64, frequency: Int, excludesKernel: Bool) -> String? {
    guard case .heldChild = target else { return nil }
    let used = excludesKernel ? childUserCPU : cpuUsed
    let period = 1e9 / Double(max(1, frequency))
    let missing = Double(used) - Double(covered)
    guard missing > 0.1 * Double(used), missing > 20 * period else { return nil }
    return
      "the samples stand for \(text(Double(covered) / 1e9)) of \(text(Double(used) / 1e9)) s of"
      + " CPU time: threads and processes that use less than \(text(period / 1e6)) ms are not seen;"
      + " raise --freq"
  }

  /// Why no sample was taken, as one sentence with what to do.
  func explainEmpty(
    ending: Recording.Ending, seconds: Double, delay: Double, frequency: Int,
    excludesKernel: Bool, exit: ChildProcess.ExitStatus?
  ) -> String {
    let used = Double(cpuUsed) / 1e6
    let period = 1e3 / Double(max(1, frequency))
    let what = if case .heldChild = target { "the command" } else { description }
    if ending == .targetEnded, seconds <= 0, delay > 0 {
      return "\(what) ended before the delay of \(text(delay)) s was over"
    }
    if ending == .targetEnded, used < period * 2 {
      return
        "\(what) ended after \(text(seconds)) s and \(text(used)) ms of CPU time, too early for"
        + " a sample every \(text(period)) ms: raise --freq or give it more to do"
    }
    if used < 1 {
      switch lastState {
      case "T", "t":
        return "\(what) is stopped and was never scheduled: let it go on (kill -CONT)"
      case "R":
        return "\(what) was ready to run but never scheduled in \(text(seconds)) s: look at its CPU"
          + " quota and affinity"
      default:
        return "\(what) slept: it used no CPU time in \(text(seconds)) s; give it work to do while"
          + " it is profiled"
      }
    }
    if let name = command.first, let program = Processes.program(named: name), program.changesUser {
      return
        "\(program.path) runs as another user or group than starts it, and the kernel samples no"
        + " such program from its start: start it, then attach with --pid (and sudo)"
    }
    if excludesKernel {
      return "\(what) used \(text(used)) ms of CPU time, all of it in the kernel, which this user"
        + " may not see (sudo sysctl kernel.perf_event_paranoid=1)"
    }
    if used < period * 2 {
      return "\(what) used only \(text(used)) ms of CPU time in \(text(seconds)) s, less than a"
        + " sample every \(text(period)) ms can see: raise --freq or record longer"
    }
    if case .heldChild = target {
      return
        "\(what) used \(text(used)) ms of CPU time in threads and processes that used less than"
        + " the \(text(period)) ms between samples each: raise --freq"
    }
    return "\(what) used \(text(used)) ms of CPU time, but the kernel delivered no sample"
  }

  private func text(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}
