import Foundation
import Modules
import TestSupport
import Testing

@testable import Diagnosis

@Suite("The language of a program is told from its file, stripped or not")
struct LanguageTests {
  private static func language(_ path: String) throws -> String {
    let module = try #require(ModuleFile(path: path))
    return try #require(module.examine()).language.rawValue
  }

  private static func expectLanguage(_ name: String, _ shop: Workshop) throws {
    #expect(try language(shop / "program") == name)
    try shop.run("strip program")
    #expect(try language(shop / "program") == name, "stripped")
  }

  @Test("C and C++")
  func c() throws {
    let shop = try Workshop()
    try shop.run("gcc -O2 -pthread '\(Workshop.program("shares.c"))' -o program")
    try Self.expectLanguage("C/C++", shop)
    try shop.run("g++ -O2 -g -pthread '\(Workshop.program("deep.cpp"))' -o program")
    try Self.expectLanguage("C/C++", shop)
  }

  @Test("Rust", arguments: ["-g", "-C debuginfo=0"])
  func rust(flags: String) throws {
    let shop = try Workshop()
    try shop.run("rustc -O \(flags) '\(Workshop.program("words.rs"))' -o program")
    try Self.expectLanguage("Rust", shop)
  }

  @Test("Swift")
  func swift() throws {
    let shop = try Workshop()
    let source = try shop.source(
      "main.swift", "struct Word { var text: String }\nprint([Word(text: \"a\")].map(\\.text))\n")
    try shop.run("swiftc -O '\(source)' -o program")
    try Self.expectLanguage("Swift", shop)
  }

  @Test("Go: without symbols by -ldflags, and with the line given for that and for a build-id")
  func go() throws {
    let shop = try Workshop()
    _ = try shop.source(
      "main.go", "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(1) }\n")
    try shop.run("HOME=$PWD GO111MODULE=off GOFLAGS= go build -ldflags='-s -w' -o program main.go")
    #expect(try Self.language(shop / "program") == "Go")
    var subject = Subject()
    subject.binary = shop / "program"
    let names = try finding("symbols.program.names", of: SymbolChecks.all(subject))
    expect(names, .failed, "stripped")
    // Without rules its stacks are whole all the same.
    expect(
      try finding("symbols.program.call_frames", of: SymbolChecks.all(subject)), .ok,
      "frame pointers")
    func rebuild(_ remedy: Remedy?) throws {
      let line = try #require(remedy?.line).prefix { $0 != "#" }
      let flags = line.replacing("go build", with: "")
      try shop.run("HOME=$PWD GO111MODULE=off GOFLAGS= go build \(flags) -o program main.go")
    }
    try rebuild(names.remedy)
    let checks = SymbolChecks.all(subject)
    expect(try finding("symbols.program.names", of: checks), .ok)
    expect(try finding("symbols.program.debug_information", of: checks), .ok)
    expect(try finding("symbols.program.call_frames", of: checks), .ok, ".debug_frame")
    let buildID = try finding("symbols.program.build_id", of: checks)
    expect(buildID, .warning)
    try rebuild(buildID.remedy)
    expect(try finding("symbols.program.build_id", of: SymbolChecks.all(subject)), .ok)
  }
}
