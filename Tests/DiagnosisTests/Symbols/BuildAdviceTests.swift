import Foundation
import TestSupport
import Testing

@testable import Diagnosis

/// What brings a gap about, and what is left of it once the line that is given has been run as it stands.
struct BuildGap: CustomTestStringConvertible, Sendable {
  let check: String
  let status: CheckStatus
  /// The line that builds with the gap.
  let line: String
  /// Kept beside the line that is given, since without it the gap would be closed another way.
  var kept = ""

  var testDescription: String { "\(check): \(line)" }
}

@Suite("The line that is given has the language's own tool close the gap", .serialized)
struct BuildAdviceTests {
  /// Builds with the gap, and again by the line that is given.
  private static func close(
    _ gap: BuildGap, of program: String, in language: String, _ shop: Workshop, setup: String = ":"
  ) throws {
    try shop.run("\(setup); \(gap.line)")
    expect(try symbolFinding("file", program), .ok, language)
    let found = try symbolFinding(gap.check, program)
    expect(found, gap.status)
    let remedy = try #require(found.remedy).line
    try shop.run("\(setup); \(remedy) \(gap.kept)")
    expect(try symbolFinding(gap.check, program), .ok)
  }

  private static let withoutRules = """
    -Xcc -fno-asynchronous-unwind-tables -Xcc -fno-unwind-tables -Xcc -g0 -Xswiftc -gnone
    """

  @Test(
    "swift build",
    arguments: [
      BuildGap(check: "names", status: .failed, line: "swift build -c release -Xlinker -s"),
      BuildGap(
        check: "debug_information", status: .warning,
        line: "swift build -c release -Xswiftc -gnone -Xcc -g0"),
      BuildGap(
        check: "build_id", status: .warning, line: "swift build -c release -Xlinker --build-id=none"
      ),
      BuildGap(
        check: "call_frames", status: .failed,
        line: "swift build -c release --omit-frame-pointers \(withoutRules)"),
      BuildGap(
        check: "frame_pointers", status: .warning,
        line: "swift build -c release --omit-frame-pointers \(withoutRules)",
        kept: withoutRules),
    ])
  func swift(gap: BuildGap) throws {
    let shop = try Workshop()
    try Self.makeSwiftPackage(in: shop)
    try Self.close(gap, of: shop / ".build/release/words", in: "Swift", shop)
  }

  /// Swift over a C target with many functions: the compiler of Swift has frame pointers and rules always.
  private static func makeSwiftPackage(in shop: Workshop) throws {
    try shop.run("mkdir -p Sources/words Sources/Cwords/include")
    _ = try shop.source(
      "Package.swift",
      """
      // swift-tools-version: 6.0
      import PackageDescription
      let package = Package(
        name: "words",
        targets: [
          .target(name: "Cwords"), .executableTarget(name: "words", dependencies: ["Cwords"]),
        ])
      """)
    _ = try shop.source("Sources/Cwords/include/words.h", "int count(const char *text);\n")
    let steps = (0..<40).map { number in
      """
      __attribute__((noinline)) static int step\(number)(const char *text) {
        volatile char copy[\(64 + number)];
        int sum = 0;
        for (unsigned i = 0; i < sizeof copy; i++) copy[i] = text[i * \(number + 3) % 7];
        for (unsigned i = 0; i < sizeof copy; i++) sum += copy[i];
        return sum;
      }
      """
    }
    let calls = (0..<40).map { "step\($0)(text)" }.joined(separator: " + ")
    _ = try shop.source(
      "Sources/Cwords/words.c",
      "\(steps.joined(separator: "\n"))\nint count(const char *text) { return \(calls); }\n")
    _ = try shop.source(
      "Sources/words/main.swift",
      """
      import Cwords
      struct Word { var text: String }
      print([Word(text: CommandLine.arguments[0])].map { count($0.text) })
      """)
  }

  @Test(
    "cargo build",
    arguments: [
      // A library's exports keep their names.
      BuildGap(
        check: "names", status: .warning,
        line: "CARGO_PROFILE_RELEASE_STRIP=symbols cargo build --release"),
      BuildGap(check: "debug_information", status: .warning, line: "cargo build --release"),
      BuildGap(
        check: "build_id", status: .warning,
        line: "RUSTFLAGS='-C link-arg=-Wl,--build-id=none' cargo build --release"),
      // rustc cannot be kept from writing rules here.
      BuildGap(
        check: "call_frames", status: .failed, line: "cargo build --release && \(removeRules)"),
      BuildGap(
        check: "frame_pointers", status: .warning, line: "cargo build --release && \(removeRules)",
        kept: "&& \(removeRules)"),
    ])
  func cargo(gap: BuildGap) throws {
    let shop = try Workshop()
    try Self.makeCargoPackage(in: shop)
    try Self.close(
      gap, of: shop / "target/release/libwords.so", in: "Rust", shop,
      setup: "unset RUSTFLAGS CARGO_TARGET_DIR")
  }

  private static let removeRules =
    "strip --strip-debug -R .eh_frame -R .eh_frame_hdr target/release/libwords.so"

  /// A library without the standard library, whose functions would outnumber its own.
  private static func makeCargoPackage(in shop: Workshop) throws {
    try shop.run("mkdir src")
    _ = try shop.source(
      "Cargo.toml",
      """
      [package]
      name = "words"
      version = "0.1.0"
      edition = "2021"
      [lib]
      crate-type = ["cdylib"]
      [profile.release]
      panic = "abort"
      """)
    let steps = (0..<40).map { number in
      """
      #[no_mangle]
      pub extern "C" fn step\(number)(text: u64) -> u64 {
        let mut copy = [0u64; \(64 + number)];
        let mut sum = text;
        for (i, value) in copy.iter_mut().enumerate() {
          unsafe { core::ptr::write_volatile(value, text ^ i as u64) };
        }
        for value in copy.iter() { sum += unsafe { core::ptr::read_volatile(value) }; }
        sum
      }
      """
    }
    _ = try shop.source(
      "src/lib.rs",
      """
      #![no_std]
      #[panic_handler]
      fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
      \(steps.joined(separator: "\n"))
      """)
  }
}
