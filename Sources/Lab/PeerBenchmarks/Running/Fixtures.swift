import Glibc
import LinuxSystem
import Terminal

/// The programs that are profiled, built from Tests/Fixtures.
enum Fixture: String {
  /// Recursive and deep C++ that nothing but call-frame information describes.
  case deep = "deep.cpp"
  /// 10, 20, 30 and 40 % in four functions, with frame pointers.
  case shares = "shares.c"
  /// A fixed amount of work.
  case fixed = "fixed.c"

  private var compiler: [String] {
    switch self {
    case .deep: ["g++", "-O2", "-g", "-fomit-frame-pointer"]
    case .shares: ["gcc", "-O2", "-g", "-fno-omit-frame-pointer", "-pthread"]
    case .fixed: ["gcc", "-O2", "-g", "-fomit-frame-pointer"]
    }
  }

  /// Compiles it; the command line that did and the path of the program.
  func build(_ bench: Bench) throws(CommandError) -> (command: [String], path: String) {
    let path = "\(bench.fixtureDirectory)/\(rawValue.prefix { $0 != "." })"
    let command = compiler + ["-o", path, "Tests/Fixtures/Programs/\(rawValue)"]
    try bench.mustRun(command, within: 120)
    return (command, path)
  }
}

extension Bench {
  /// The path of the built Swift server; builds it if it is not there.
  func serverPath() throws(CommandError) -> String {
    if let path = arguments.serverPath {
      guard access(path, X_OK) == 0 else {
        throw CommandError(.noInput, "there is no server to execute at \(quoted(path))")
      }
      return path
    }
    let scratchPath = ".build/fixtures/SwiftServer"
    let path = "\(scratchPath)/release/SwiftServer"
    guard access(path, X_OK) != 0 else { return path }
    say("building Tests/Fixtures/SwiftServer, which takes minutes")
    try mustRun(
      [
        "swift", "build", "-c", "release", "--package-path", "Tests/Fixtures/SwiftServer",
        "--scratch-path", scratchPath,
      ], within: 1800)
    return path
  }
}
