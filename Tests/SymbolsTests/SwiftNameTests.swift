import Foundation
import TestSupport
import Testing

@testable import Symbols

@Suite("Swift names are what the toolchain's simplified demangling says, less what is folded")
struct SwiftNameTests {
  /// The `$s` functions of this test and of the Swift standard library.
  static func symbols() throws -> [String] {
    let demangler = try demanglerPath()
    let library =
      URL(fileURLWithPath: demangler).deletingLastPathComponent()
      .appendingPathComponent("../lib/swift/linux/libswiftCore.so").path
    var found = Set<String>()
    for arguments in [["/proc/self/exe"], ["-D", library]] {
      var arguments = arguments
      if arguments[0] == "/proc/self/exe" {
        arguments[0] = try FileManager.default.destinationOfSymbolicLink(atPath: arguments[0])
      }
      let lines = String(decoding: try Tool.run("/usr/bin/nm", arguments), as: UTF8.self)
      for line in lines.split(separator: "\n") {
        let fields = line.split(separator: " ")
        guard fields.count == 3, "tTwWi".contains(fields[1]), fields[2].hasPrefix("$s") else {
          continue
        }
        found.insert(String(fields[2].prefix { $0 != "@" }))
      }
    }
    return found.sorted()
  }

  static func demanglerPath() throws -> String { try toolchainProgram("swift-demangle") }

  /// A program that lies beside `swift`.
  static func toolchainProgram(_ name: String) throws -> String {
    for folder in (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") {
      let path = "\(folder)/\(name)"
      if FileManager.default.isExecutableFile(atPath: "\(folder)/swift"),
        FileManager.default.isExecutableFile(atPath: path)
      {
        return path
      }
    }
    throw Tool.Failure(description: "there is no \(name) beside swift on the PATH")
  }

  @Test("for every function of this executable and of the standard library")
  func agrees() throws {
    let symbols = try Self.symbols()
    try #require(symbols.count > 10_000)
    let output = try Tool.run(
      try Self.demanglerPath(), ["--simplified", "--compact"],
      input: Array((symbols.joined(separator: "\n") + "\n").utf8))
    let verdicts = String(decoding: output, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    try #require(verdicts.count >= symbols.count)
    var compared = 0
    var mismatches: [String] = []
    for (symbol, simplified) in zip(symbols, verdicts) {
      // Not every symbol with the prefix is mangled.
      if simplified == symbol || SwiftVerdict.isBeyondComparison(String(simplified)) { continue }
      compared += 1
      let ours = Demangling.displayName(symbol)
      // A type may be followed by its generic signature: <A>, <A><A1>.
      let verdict = SwiftVerdict(String(simplified)).text
      if ours != verdict, !Self.isSignature(verdict.dropFirst(ours.count), of: verdict, ours) {
        mismatches.append("\(symbol)\n  ours:    \(ours)\n  verdict: \(verdict)")
      }
    }
    print("compared \(compared) of \(symbols.count) names, \(mismatches.count) differ")
    #expect(mismatches.isEmpty, "\(mismatches.prefix(20).joined(separator: "\n"))")
    #expect(compared * 100 > symbols.count * 97)
  }

  private static func isSignature(_ rest: Substring, of verdict: String, _ ours: String) -> Bool {
    verdict.hasPrefix(ours) && verdict.hasPrefix("outlined ") && rest.hasPrefix("<")
      && rest.hasSuffix(">") && rest.allSatisfy { "<>, ABCDEFGHIJ0123456789".contains($0) }
  }

  @Test(
    "as people write them",
    arguments: [
      ("static Swift.Int.< infix(Swift.Int, Swift.Int) -> Swift.Bool", "static Int.<(_:_:)"),
      (
        "closure #1 (A) -> B in M.(f in _12AB)<A, B>(label: A, _: B) -> (A) -> B",
        "closure #1 in f(label:_:)"
      ),
      (
        "protocol witness for M.P.read() -> () in conformance <A> M.T<A>.U : M.P in N",
        "T.U.read()"
      ),
      (
        "protocol witness for M.P.x.read : Swift.Int in conformance M.T : M.P in N",
        "T.x.read"
      ),
      (
        "function signature specialization <Arg[3] = [Closure Propagated : $sSS, Argument Types "
          + ": []> of generic specialization <Swift.Int> of M.f(a: Swift.Int) -> ()",
        "f(a:)"
      ),
      (
        "generic not re-abstracted specialization <()> of inlined generic function <A, M.T<B>> of "
          + "M.T.f(a: A) -> ()",
        "T.f(a:)"
      ),
      (
        "freestanding macro expansion #1 of isolation in module M file A.swift line 4 column 51",
        "freestanding macro expansion #1 of isolation"
      ),
      (
        "outlined copy of Swift.Optional<Swift.Dictionary<Swift.String, Mod.T<A>>>",
        "outlined copy of [String : T<A>]?"
      ),
      (
        "(3) suspend resume partial function for M.T.f@Sendable (x: Swift.Int) async -> ()",
        "T.f(x:)"
      ),
      (
        "helper #1 <A>(of: A) -> () in M.T.init(from: Swift.Decoder) throws -> M.T",
        "helper(of:) in T.init(from:)"
      ),
      ("M.T.subscript.getter : (Swift.Int) -> A", "T.subscript.getter"),
      (
        "reabstraction thunk helper from @escaping () -> () to @escaping () -> ()",
        "reabstraction thunk"
      ),
      (
        "default argument 2 of M.f(a: Swift.Int, b: Swift.Int) -> ()",
        "default argument 2 of f(a:b:)"
      ),
      ("M.`raw name.with dots`(`a b`: Swift.Int) -> ()", "`raw name.with dots`(`a b`:)"),
    ])
  func examples(full: String, wanted: String) {
    #expect(SwiftNameSimplifier.simplify(full) == wanted)
  }
}
