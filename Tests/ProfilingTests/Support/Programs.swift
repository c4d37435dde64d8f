import Foundation
import Testing

/// The programs under Tests/Fixtures, compiled once for all tests into the build directory.
enum Programs {
  private static let sources =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path + "/Fixtures"

  /// The build directory of the package these tests belong to, fixtures apart from the rest.
  static let built: String = {
    // …/.build/TRIPLE/debug/lynx
    let products = URL(fileURLWithPath: Lynx.path).deletingLastPathComponent()
    return products.deletingLastPathComponent().deletingLastPathComponent().path + "/fixtures"
  }()

  static func shares() throws -> String { try sharesFile.get() }
  static func sharesWithFramePointers() throws -> String { try sharesFramePointersFile.get() }
  static func changedShares() throws -> String { try sharesChangedFile.get() }
  static func staticShares() throws -> String { try sharesStaticFile.get() }
  static func crowd() throws -> String { try crowdFile.get() }
  static func sandbox() throws -> String { try sandboxFile.get() }
  static func noise() throws -> String { try noiseFile.get() }
  static func plugin() throws -> String { try pluginFile.get() }
  static func deep() throws -> String { try deepFile.get() }
  static func words() throws -> String { try wordsFile.get() }
  static func swiftServer() throws -> String { try swiftServerFile.get() }

  private static let c = ["gcc", "-O2", "-g", "-pthread"]
  private static let sharesFile = compile(
    c + ["-fomit-frame-pointer"], "shares.c", to: "shares")
  private static let sharesChangedFile = compile(
    c + ["-fomit-frame-pointer", "-DTHIRTY=20", "-DFORTY=50"], "shares.c", to: "shares-changed")
  private static let sharesStaticFile = compile(
    c + ["-static"], "shares.c", to: "shares-static")
  private static let sharesFramePointersFile = compile(
    c + ["-fno-omit-frame-pointer"], "shares.c", to: "shares-fp")
  private static let crowdFile = compile(c + ["-fomit-frame-pointer"], "crowd.c", to: "crowd")
  private static let sandboxFile = compile(c, "sandbox.c", to: "sandbox")
  private static let library = c + ["-fomit-frame-pointer", "-fPIC", "-shared"]
  private static let noiseFile = compile(library, "noise.c", to: "noise.so")
  private static let pluginFile = compile(library, "plugin.c", to: "plugin.so")
  private static let deepFile = compile(
    ["g++", "-O2", "-g", "-fomit-frame-pointer"], "deep.cpp", to: "deep")
  private static let wordsFile = compile(["rustc", "-O", "-g"], "words.rs", to: "words")
  private static let swiftServerFile = Result { try buildSwiftServer() }

  private static func compile(
    _ command: [String], _ source: String, to name: String
  ) -> Result<String, any Error> {
    Result {
      try FileManager.default.createDirectory(atPath: built, withIntermediateDirectories: true)
      let target = "\(built)/\(name)"
      try run(command + ["-o", target, "\(sources)/Programs/\(source)"])
      return target
    }
  }

  private static func buildSwiftServer() throws -> String {
    let scratch = built + "/SwiftServer"
    let target = scratch + "/release/SwiftServer"
    if FileManager.default.isExecutableFile(atPath: target) { return target }
    Machine.warn("building the Swift server that is profiled; this takes minutes, once")
    try run(
      [
        "swift", "build", "-c", "release", "--scratch-path", scratch, "--package-path",
        sources + "/SwiftServer",
      ], seconds: 1800)
    return target
  }

  private static func run(_ command: [String], seconds: Double = 120) throws {
    let directory = try Scratch()
    let tool = try Launched(command, in: directory)
    defer { tool.end() }
    let status = tool.wait(seconds: seconds).status
    let said = try directory.read("program.out") + directory.read("program.err")
    try #require(status == 0, "\(command) failed: \(said)")
  }
}
