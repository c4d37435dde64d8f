internal import Glibc
internal import LinuxSystem
internal import Modules

/// The files whose symbols are looked at: one program, or all that a process maps.
struct ExaminedModules: Sendable {
  /// What is there to be examined; the program first.
  var modules: [ModuleExamination] = []
  /// How many files there was no time to look at.
  var passedOver = 0
  /// What could not be read, with its reason.
  var unreadable: [(path: String, reason: String)] = []
  /// Why there is nothing to look at; nil if there is something.
  var failure: Finding?

  /// How long the modules of a process are read at most: what is left then is said not to have been read.
  private static let budgetNanoseconds: UInt64 = 700_000_000

  /// A file, whatever it is.
  static func file(_ given: String) -> ExaminedModules {
    // Debug files and packages are of the file, not of links to it.
    let path = resolved(given)
    var result = ExaminedModules()
    let bytes: [UInt8]
    let size: Int64
    do throws(SystemCallError) {
      let descriptor = try FileDescriptor(reading: path)
      guard try descriptor.status().isRegular else {
        result.failure = Finding(
          .failed, "\(path) is no regular file", expected: "a program or library in ELF",
          remedy: Remedy("name the program's file: --binary PATH"))
        return result
      }
      bytes = try head(of: descriptor, path)
      size = try descriptor.status().size
    } catch {
      result.failure = unopened(path, error)
      return result
    }
    let problem = FileKind.problem(bytes, size: size)
    guard problem == nil, let module = ModuleFile(path: path)?.examine(), !module.isEmpty else {
      let isScript = bytes.starts(with: Array("#!".utf8))
      result.failure = Finding(
        .failed, "\(path) is \(problem ?? FileKind.description(bytes))",
        expected: "an ELF file of this machine's kind",
        remedy: Remedy(
          isScript
            ? "name the program itself, not a script that starts it: --binary PATH"
            : "name the program's file: --binary PATH"))
      return result
    }
    result.modules = [module]
    return result
  }

  private static func resolved(_ path: String) -> String {
    guard let target = realpath(path, nil) else { return path }
    defer { free(target) }
    return String(cString: target)
  }

  private static func unopened(_ path: String, _ error: SystemCallError) -> Finding {
    let remedy: Remedy =
      error.code == EACCES
      ? Remedy("sudo chmod a+r \(shellWord(path))", needsRoot: true)
      : Remedy("name the program's file: --binary PATH")
    return Finding(
      .failed, "\(path) cannot be opened: \(error.reason)", expected: "a program that can be read",
      remedy: remedy)
  }

  private static func head(
    of descriptor: borrowing FileDescriptor, _ path: String
  ) throws(SystemCallError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let number = descriptor.number
    let count = try retryingSystemCall("read", on: path) { read(number, &bytes, bytes.count) }
    return Array(bytes[..<count])
  }

  /// What a process executes from.
  static func process(_ process: ProcessID) -> ExaminedModules {
    var result = ExaminedModules()
    guard Processes.exists(process) else {
      result.failure = Finding(
        .failed, "there is no process \(process)", expected: "a process that runs",
        remedy: Remedy("name one that runs: pgrep -l NAME"))
      return result
    }
    // The program first, then what has the most code: time may be short.
    let program = programPath(of: process)
    let regions = Processes.mappings(of: process).filter {
      $0.isExecutable && $0.path.hasPrefix("/")
    }.sorted { a, b in
      if (a.path == program) != (b.path == program) { return a.path == program }
      return a.end - a.start > b.end - b.start
    }
    guard !regions.isEmpty else {
      result.failure = unmapped(process)
      return result
    }
    let end = Clock.monotonicNanoseconds + budgetNanoseconds
    let store = ModuleStore()
    var seen: Set<Int> = []
    for region in regions {
      let index = store.module(
        path: region.path, buildID: [], process: process, start: region.start, end: region.end)
      guard seen.insert(index).inserted else { continue }
      let module = store[index]
      guard Clock.monotonicNanoseconds < end else {
        result.passedOver += 1
        continue
      }
      if let examination = module.examine() {
        result.modules.append(examination)
      } else if case .unreadable(let reason) = module.origin {
        result.unreadable.append((module.path, reason))
      }
    }
    result.putFirst(program)
    return result
  }

  private static func unmapped(_ process: ProcessID) -> Finding {
    var isRefused = false
    do throws(SystemCallError) {
      _ = try readFile("/proc/\(process)/maps")
    } catch {
      isRefused = error.code == EACCES || error.code == EPERM
    }
    if isRefused, Machine.effectiveUser == 0 {
      return Finding(
        .failed, "the kernel does not let even root read what process \(process) maps",
        expected: "a process that may be looked at",
        remedy: Remedy("pgrep -a NAME   # finds another"))
    }
    guard let status = Processes.status(of: process), Machine.effectiveUser != 0 else {
      return Finding(
        .failed, "process \(process) maps no file: it is the kernel's own, or has ended",
        expected: "a process with a program", remedy: Remedy("pgrep -a NAME   # finds another"))
    }
    return Finding(
      .failed,
      "what process \(process) maps cannot be read, it is \(Machine.userName(status.effectiveUser))'s",
      expected: "a process of this user's",
      remedy: Remedy(
        "sudo \(shellWord(Machine.ownExecutable)) doctor --pid \(process)", needsRoot: true))
  }

  private static func programPath(of process: ProcessID) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/\(process)/exe", &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private mutating func putFirst(_ path: String?) {
    guard let place = modules.firstIndex(where: { $0.path == path }) else { return }
    modules.swapAt(0, place)
  }
}

extension ModuleExamination {
  /// Whether nothing can be told of it: a header and no more.
  var isEmpty: Bool {
    !hasSymbolTable && !hasDynamicFunctions && debugInformation == nil && !callFrameSections.loaded
      && !callFrameSections.debug && callFrames.sample == 0 && framePointers.sample == 0
      && buildID.isEmpty
  }

  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}
