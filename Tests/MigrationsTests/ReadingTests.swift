import Foundation
import Migrations
import TestSupport
import Testing

@Suite("Directories of migrations")
struct ReadingTests {
  private let workshop: Workshop

  init() throws { workshop = try Workshop() }

  private func read(_ files: [(String, String)]) throws -> [Migration] {
    for (name, text) in files { _ = try workshop.source(name, text) }
    return try MigrationDirectory(path: workshop.path).migrations
  }

  @Test("are read in the order of their numbers, gaps and lengths whatever")
  func order() throws {
    let migrations = try read([
      ("10_ten.up.sql", "select 10"), ("9_nine.sql", "-- migrate:up\nselect 9"),
      ("0007_seven.up.sql", "select 7"), ("0007_seven.down.sql", "select -7"),
      ("20260105093000_time.up.sql", "select 1"), ("123456789012345678901234567890.up.sql", "x"),
      ("11-eleven.up.sql", "x"), ("README.md", "no"), (".12_hidden.up.sql", "no"),
    ])
    #expect(
      migrations.map(\.title) == [
        "0007_seven", "9_nine", "10_ten", "11_eleven", "20260105093000_time",
        "123456789012345678901234567890",
      ])
    #expect(migrations.map { $0.down != nil } == [true, false, false, false, false, false])
  }

  @Test("versions compare as numbers of any length")
  func versions() throws {
    var generator = SeededGenerator.forTest()
    for _ in 0..<500 {
      let a = UInt64.random(in: 0...3000, using: &generator)
      let b = UInt64.random(in: 0...3000, using: &generator)
      let zeros = String(repeating: "0", count: Int.random(in: 0...4, using: &generator))
      let tail = String(repeating: "7", count: Int.random(in: 0...30, using: &generator))
      let x = try #require(MigrationVersion("\(zeros)\(a)\(tail)"))
      let y = try #require(MigrationVersion("\(b)\(tail)"))
      #expect((x < y) == (a < b))
      #expect((x == y) == (a == b))
      #expect((x.hashValue == y.hashValue) || a != b)
    }
    for text in ["", "1a", "-1", "+1", " 1", "١"] { #expect(MigrationVersion(text) == nil) }
  }

  @Test("sections and options are dbmate's")
  func sections() throws {
    let migrations = try read([
      ("1_a.sql", "-- by hand\n\n-- migrate:up\nselect 1;\n\n-- migrate:down\nselect 2;\n"),
      ("2_b.sql", "--migrate:up transaction:false\nvacuum;\n-- migrate:down transaction:true\nx"),
      ("3_c.up.sql", "/* why:\n it must */\n-- lynx: no-transaction\nvacuum"),
      ("4_d.up.sql", "--lynx:no-transaction\nvacuum"),
      ("5_e.sql", "-- migrate:up\n-- lynx: no-transaction\nvacuum;\n-- migrate:down\nx"),
    ])
    #expect(migrations.map(\.up.isTransactional) == [true, false, false, false, false])
    #expect(migrations.map { $0.down?.isTransactional } == [true, true, nil, nil, true])
    #expect(migrations.map(\.up.firstLine) == [4, 2, 1, 1, 2])
    #expect(String(decoding: migrations[0].up.text, as: UTF8.self) == "select 1;\n\n")
    #expect(migrations[0].down?.firstLine == 7)
  }

  @Test("a checksum is of the text, however it was checked out")
  func checksums() throws {
    let texts = [
      "select 1;\nselect 'ä';", "select 1;\r\nselect 'ä';\r\n",
      "\u{FEFF}select 1;\nselect 'ä';\n\n",
      "select 1;\nselect 'ä'; ",
    ]
    let same = try texts.enumerated().map { index, text in
      try read([("\(index + 1)_x.up.sql", text)])[index].up.checksum
    }
    #expect(Set(same).count == 1)
    let verdict = try workshop.run("printf %s \"select 1;\nselect 'ä';\" | sha256sum")
    #expect(verdict.hasPrefix(same[0] + " "))
    let other = try read([("9_x.up.sql", "select 1; select 'ä';")]).last?.up.checksum
    #expect(other != same[0])
  }

  @Test(
    "what is not understood is told with the file",
    arguments: [
      ([("schema.sql", "x")], "schema.sql is not named like a migration"),
      ([("0_a.up.sql", "x")], "0_a.up.sql has the version 0"),
      ([("1_a.up.sql", "x"), ("01_b.up.sql", "x")], "have the same version"),
      ([("1_a.up.sql", "x"), ("1_a.sql", "-- migrate:up\nx")], "have the same version"),
      (
        [("1_a.sql", "-- migrate:up\nx\n-- migrate:down\ny"), ("1_a.down.sql", "z")],
        "have the same version"
      ),
      ([("1_a.up.sql", "x"), ("1_b.down.sql", "y")], "one number and two names"),
      ([("1_a.down.sql", "x")], "1_a.down.sql undoes what no file does"),
      ([("1_a.sql", "select 1")], "1_a.sql has no section"),
      ([("1_a.sql", "")], "1_a.sql has no section"),
      (
        [("1_a.sql", "-- migrate:down\nx\n-- migrate:up\ny")],
        "1_a.sql:1 has its down section first"
      ),
      (
        [("1_a.sql", "-- migrate:up\nx\n-- migrate:up\ny")],
        "1_a.sql:3 begins a section a second time"
      ),
      (
        [("1_a.sql", "-- migrate:up\n-- migrate:down\n-- migrate:down")],
        "1_a.sql:3 begins a section"
      ),
      ([("1_a.sql", "select 1;\n-- migrate:up\nx")], "SQL above -- migrate:up"),
      ([("1_a.sql", "-- migrate:sideways\nx")], "1_a.sql:1 begins with '-- migrate:sideways'"),
      ([("1_a.sql", "-- migrate: up\nx")], "1_a.sql:1 begins with '-- migrate: up'"),
      (
        [("1_a.sql", "-- migrate:up transction:false\nx")],
        "1_a.sql:1 has the option 'transction:false'"
      ),
      ([("1_a.up.sql", "x;\n-- migrate:down\ny")], "1_a.up.sql:2 has the section mark"),
      ([("1_a.up.sql", "x;\n-- lynx: no-transaction\n")], "1_a.up.sql:2 comes too late"),
      ([("1_a.up.sql", "-- lynx: no transaction\nx")], "1_a.up.sql:1 asks for what is not known"),
      ([("1_a.up.sql", "a\nb\u{0}c")], "1_a.up.sql:2 contains a NUL"),
    ])
  func refused(files: [(String, String)], reason: String) throws {
    let error = migrationError { try read(files) }
    #expect(error?.kind == .badFile)
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    #expect(error?.isSentence == true)
  }

  @Test("bytes that are not UTF-8 are told with their line")
  func encodings() throws {
    let path = URL(fileURLWithPath: workshop / "1_a.up.sql")
    try Data([0x61, 0x0A, 0x0D, 0x0A, 0xE4, 0x0A]).write(to: path)
    var error = migrationError { try MigrationDirectory(path: workshop.path) }
    #expect(error?.message.contains("1_a.up.sql:3 is not UTF-8") == true)
    try #require("select 1".data(using: .utf16)).write(to: path)
    error = migrationError { try MigrationDirectory(path: workshop.path) }
    #expect(error?.message.contains("is UTF-16") == true)
    #expect(error?.kind == .badFile)
  }

  @Test("a directory that is not there, or is none, is missing input")
  func missing() throws {
    let error = migrationError { try MigrationDirectory(path: workshop / "none") }
    #expect(error?.kind == .missingInput)
    let file = try workshop.source("1_a.up.sql", "x")
    #expect(migrationError { try MigrationDirectory(path: file) }?.kind == .missingInput)
    #expect(try MigrationDirectory(path: workshop.path).migrations.count == 1)
  }

  @Test("any bytes are read or refused, never anything else")
  func anyBytes() throws {
    var generator = SeededGenerator.forTest()
    let parts = [
      "-- migrate:up", "-- migrate:down", "\n", "\r", "-- lynx:", " ", "x", ";", "'", "/*",
    ]
    for index in 0..<300 {
      let words = (0..<12).map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
      let bytes =
        index % 3 == 0
        ? generator.bytes(Int.random(in: 0...40, using: &generator)) : Array(words.utf8)
      let name = index % 2 == 0 ? "1_a.sql" : "1_a.up.sql"
      try Data(bytes).write(to: URL(fileURLWithPath: workshop / name))
      do {
        _ = try MigrationDirectory(path: workshop.path)
      } catch {
        #expect(error.kind == .badFile)
        #expect(error.isSentence)
      }
      try FileManager.default.removeItem(atPath: workshop / name)
    }
  }

  @Test("new files go on from what is there, and are never written over")
  func templates() throws {
    let now: Int64 = 1_767_605_400  // 2026-01-05 09:30:00 UTC
    let directory = workshop / "sql"
    #expect(
      try MigrationTemplate.write(name: "add users", in: directory, now: now) == [
        "\(directory)/20260105093000_add_users.up.sql",
        "\(directory)/20260105093000_add_users.down.sql",
      ])
    #expect(
      try MigrationTemplate.write(name: "b", in: directory, now: now).first
        == "\(directory)/20260105093001_b.up.sql")
    _ = try workshop.source("0009_x.sql", "-- migrate:up\nx")
    #expect(
      try MigrationTemplate.write(name: "y", in: workshop.path, now: now) == [
        "\(workshop.path)/0010_y.sql"
      ])
    #expect(
      migrationError { try MigrationTemplate.write(name: "../x", in: workshop.path, now: now) }?
        .kind
        == .usage)
    #expect(try MigrationDirectory(path: directory).migrations.count == 2)
  }
}
