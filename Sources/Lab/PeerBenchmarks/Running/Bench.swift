import Glibc
import LinuxSystem
import Terminal

/// What every claim needs: where things are, and how to run them.
final class Bench {
  let arguments: Arguments
  let interrupts: Interrupts
  /// The `lynx` beside this executable, relative to the package.
  let lynxPath: String
  /// What was built to be measured.
  let fixtureDirectory = ".build/peer-benchmarks"
  /// Recordings and the like, removed at the end.
  let scratchDirectory: String
  private let progress = Progress(isQuiet: false)

  /// Makes the package's directory the current one, so that commands read the same everywhere.
  init(_ arguments: Arguments) throws(CommandError) {
    self.arguments = arguments
    interrupts = try Interrupts()
    let executable = Machine.ownExecutable
    let directory = String(executable[...(executable.lastIndex(of: "/") ?? executable.startIndex)])
    guard access("\(directory)lynx", X_OK) == 0 else {
      throw CommandError(
        .noInput, "there is no lynx beside \(quoted(executable))",
        remedy: "swift build -c release")
    }
    if let build = executable.firstRange(of: "/.build/") {
      chdir(String(executable[..<build.lowerBound]))
      lynxPath = String(directory[executable.index(after: build.lowerBound)...]) + "lynx"
    } else {
      lynxPath = directory + "lynx"
    }
    guard access("Tests/Fixtures/Programs", R_OK) == 0 else {
      throw CommandError(
        .noInput, "there is no Tests/Fixtures here; run this in the directory of the package")
    }
    for path in [".build", fixtureDirectory] { mkdir(path, 0o755) }
    scratchDirectory = "\(fixtureDirectory)/run-\(getpid())"
    guard mkdir(scratchDirectory, 0o700) == 0 else {
      throw CommandError(.cantCreate, "cannot make the directory \(quoted(scratchDirectory))")
    }
  }

  func removeScratch() {
    let names = directoryEntries(scratchDirectory)
    for name in names { unlink(scratch(name)) }
    rmdir(scratchDirectory)
  }

  /// The path of a file that goes away at the end.
  func scratch(_ name: String) -> String { "\(scratchDirectory)/\(name)" }

  /// The paths of those whose names begin so.
  func scratchFiles(startingWith prefix: String) -> [String] {
    directoryEntries(scratchDirectory).filter { $0.hasPrefix(prefix) }.map(scratch)
  }

  func say(_ text: String) { progress.note(text) }

  /// Runs every side once for each pair, forwards and backwards in turn: A B B A.
  func alternate(
    _ what: String, pairs: Int,
    _ sides: [(name: String, run: (_ pair: Int) throws(CommandError) -> Void)]
  ) throws(CommandError) {
    for pair in 0..<pairs {
      for side in pair % 2 == 0 ? sides : sides.reversed() {
        say("\(what): pair \(pair + 1) of \(pairs): \(side.name)")
        try side.run(pair)
      }
    }
  }

  /// Runs a program to its end; nil if it took longer than `seconds` and was ended.
  func run(
    _ command: [String], within seconds: Double, outputPath: String = "/dev/null",
    watchingMemory: Bool = false
  ) throws(CommandError) -> RunningProcess.End? {
    let process = try RunningProcess(
      command, .init(outputPath: outputPath, errorPath: scratch("errors.txt")))
    return try finish(process, within: seconds, watchingMemory: watchingMemory)
  }

  /// Waits for a started program; nil if it took longer than `seconds` and was ended.
  func finish(
    _ process: RunningProcess, within seconds: Double, watchingMemory: Bool = false
  ) throws(CommandError) -> RunningProcess.End? {
    let end = try process.wait(
      within: seconds, watchingMemory: watchingMemory, interrupts: interrupts)
    if end == nil { process.kill() }
    return end
  }

  /// Runs a program that has to succeed.
  @discardableResult
  func mustRun(
    _ command: [String], within seconds: Double, outputPath: String = "/dev/null",
    watchingMemory: Bool = false
  ) throws(CommandError) -> RunningProcess.End {
    let end = try run(
      command, within: seconds, outputPath: outputPath, watchingMemory: watchingMemory)
    guard let end else {
      throw failure(of: command, "took longer than \(NumberText.fixed(seconds, places: 0)) s")
    }
    guard end.status == .exited(0) else { throw failure(of: command, "failed: \(end.status)") }
    return end
  }

  /// A command did not do what it was run for: says so with the end of what it printed.
  func failure(of command: [String], _ what: String) -> CommandError {
    let printed = (readText(scratch("errors.txt")) ?? "").suffix(500)
    return CommandError(
      .failed, "\(command.joined(separator: " ")) \(what)",
      remedy: printed.isEmpty ? nil : String(printed))
  }

  /// The first line a program prints, as it does when asked for its version.
  func firstLine(_ command: [String]) -> String {
    let path = scratch("line.txt")
    // wrk says its version and fails.
    _ = try? run(command, within: 10, outputPath: path)
    let line = (readText(path) ?? "").split(separator: "\n").first
    return line.map(String.init) ?? "unknown version"
  }

  /// A command line as it can be typed: scratch files by their names alone.
  func shown(_ command: [String], processID: ProcessID? = nil) -> [String] {
    command.map { word in
      if let processID, word == "\(processID)" { return "PID" }
      return word.replacing("\(scratchDirectory)/", with: "")
    }
  }

  private func directoryEntries(_ path: String) -> [String] {
    guard let handle = opendir(path) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}
