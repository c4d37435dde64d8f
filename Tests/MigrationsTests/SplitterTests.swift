import Databases
import Foundation
import Migrations
import TestSupport
import Testing

@Suite("Scripts are cut where the engine ends a statement")
struct SplitterTests {
  private func statements(_ script: String, _ dialect: SQLDialect) throws -> [String] {
    let bytes = Array(script.utf8)
    return try StatementSplitter.pieces(of: bytes, dialect: dialect).compactMap { piece in
      piece.start.map { String(decoding: bytes[$0..<piece.range.upperBound], as: UTF8.self) }
    }
  }

  @Test("in both engines")
  func both() throws {
    for dialect in SQLDialect.allCases {
      #expect(try statements("", dialect) == [])
      #expect(try statements(" ; ;\n-- a;b\n/* c;d */", dialect) == [])
      #expect(try statements("a;b", dialect) == ["a;", "b"])
      #expect(try statements("select ';''; ';x", dialect) == ["select ';''; ';", "x"])
      #expect(try statements(#"select ";"";";x"#, dialect) == [#"select ";"";";"#, "x"])
      #expect(try statements("-- it's\na;/* it's */b;", dialect) == ["a;", "b;"])
      #expect(try statements(#"select '\';x"#, dialect) == [#"select '\';"#, "x"])
      #expect(try statements("select 'ä🦊;'; ü", dialect) == ["select 'ä🦊;';", "ü"])
    }
  }

  @Test("in PostgreSQL: dollar quotes, E strings, nested comments, rules, atomic routines")
  func postgres() throws {
    let whole = [
      "select $$;'$x$;$$;", "select $a1$ $$; $a$ ; $a1$;", "select a$b$;", "select $1;",
      #"select E'\';';"#, #"select e'''\\';"#,
      "create rule r as on insert to t do also (insert into a values (1); insert into b values (2));",
      "create function f() returns int begin atomic select case when true then 1 end; select 2; end;",
      "create or replace procedure p() language sql begin atomic insert into t values (1); end;",
      "create function begin() returns int language sql as 'select 1';",
      "select U&'d\\0061t;a';", "select a[1];", "select 1/**/;",
    ]
    for statement in whole {
      #expect(try statements(statement + " next", .postgres) == [statement, "next"])
    }
    #expect(try statements("/* /* ; */ ; */ a;", .postgres) == ["a;"])
    #expect(try statements("begin; end;", .postgres) == ["begin;", "end;"])
    #expect(try statements("a -- x\r;b", .postgres) == ["a -- x\r;", "b"])
  }

  @Test("in SQLite: brackets, backquotes, triggers, comments that do not nest")
  func sqlite() throws {
    let whole = [
      "select [;'] from `;\"`;", "create trigger t after insert on a begin select 1; end;",
      "CREATE TEMP TRIGGER t after insert on a begin select case when 1 then 2 end; end ;",
      "create temporary trigger t after insert on a begin select 1; -- ;\n /* ; end; */ END\n;",
      "explain query plan create trigger t after insert on a begin select 1; end;",
      "create table trigger_log(x);", "select $$;",
    ]
    for statement in whole {
      #expect(try statements(statement + " next", .sqlite) == [statement, "next"])
    }
    #expect(try statements("/* /* ; */ a;", .sqlite) == ["a;"])
    #expect(
      try statements("begin; select 1; end; x", .sqlite) == ["begin;", "select 1;", "end;", "x"])
  }

  @Test(
    "what does not end is told with its beginning",
    arguments: [
      ("select 'abc;", SQLDialect.sqlite, 7, "string"), ("a; /* b", .sqlite, 3, "comment"),
      ("select [b", .sqlite, 7, "quoted name"), ("select \"b;", .postgres, 7, "quoted name"),
      ("/* /* */", .postgres, 0, "comment"),
      ("select $x$ $$", .postgres, 7, "dollar-quoted string"),
      (#"select E'\'"#, .postgres, 7, "string"), ("select `b", .sqlite, 7, "quoted name"),
    ])
  func unterminated(script: String, dialect: SQLDialect, offset: Int, what: String) {
    do throws(UnterminatedSQL) {
      _ = try StatementSplitter.pieces(of: Array(script.utf8), dialect: dialect)
      Issue.record("it was taken for complete")
    } catch {
      #expect(error.offset == offset)
      #expect(error.what == what)
    }
  }

  @Test("any bytes: the pieces are the script, or it does not end; each is a piece by itself")
  func anyBytes() throws {
    var generator = SeededGenerator.forTest()
    let parts = [
      "'", "\"", ";", "--", "/*", "*/", "\n", "$$", "$a$", "$", "E'", "\\", "(", ")", "[", "]", "`",
      "create", " trigger ", "begin", " end", "atomic ", "case", "x", " ", "ü", "1", "function ",
    ]
    for _ in 0..<3000 {
      let count = Int.random(in: 0...30, using: &generator)
      let script = Array(
        (0..<count).map { _ in parts.randomElement(using: &generator) ?? "" }.joined().utf8)
      for dialect in SQLDialect.allCases {
        guard let pieces = try? StatementSplitter.pieces(of: script, dialect: dialect) else {
          continue
        }
        #expect(pieces.flatMap { script[$0.range] } == script)
        for piece in pieces {
          let alone = try StatementSplitter.pieces(of: Array(script[piece.range]), dialect: dialect)
          #expect(alone.count == 1)
          #expect(alone.first?.start == piece.start.map { $0 - piece.range.lowerBound })
        }
      }
    }
  }

  @Test("running the pieces does what running the script does, and each is one statement to SQLite")
  func sameAsScript() throws {
    var generator = SeededGenerator.forTest()
    for _ in 0..<60 {
      let script = RandomScript.sqlite(using: &generator)
      let bytes = Array(script.utf8)
      let whole = try SQLiteConnection(path: ":memory:")
      try whole.execute(script)
      let cut = try SQLiteConnection(path: ":memory:")
      for piece in try StatementSplitter.pieces(of: bytes, dialect: .sqlite)
      where piece.start != nil {
        let text = String(decoding: bytes[piece.range], as: UTF8.self)
        let (statement, next) = try cut.prepareNext(of: text, from: 0)
        try statement?.run()
        // SQLite saw the end where the splitter did.
        let rest = text.utf8.dropFirst(next)
        #expect(rest.isEmpty, "SQLite stopped before \(String(decoding: rest, as: UTF8.self))")
      }
      for question in [
        "SELECT group_concat(type || name || coalesce(sql, ''), '|') FROM sqlite_master",
        "SELECT count(*) || ' ' || coalesce(group_concat(quote(x), '|'), '') FROM t",
      ] {
        let answers = try [whole, cut].map { connection in
          let statement = try connection.prepare(question)
          _ = try statement.step()
          return statement.text(at: 0)
        }
        #expect(answers[0] == answers[1], "\(script)")
        #expect(answers[0] != nil)
      }
    }
  }

  @Test("PostgreSQL, too, takes each piece for one statement")
  func oneStatementEach() throws {
    var generator = SeededGenerator.forTest()
    let server = try PostgresServer.shared()
    let script = RandomScript.postgres(using: &generator)
    let bytes = Array(script.utf8)
    let whole = try server.makeDatabase()
    try server.psql(script, database: whole)
    let cut = try server.makeDatabase()
    let connection = try PostgresConnection(conninfo: server.url(database: cut))
    for piece in try StatementSplitter.pieces(of: bytes, dialect: .postgres)
    where piece.start != nil {
      // The extended protocol refuses two statements in one text.
      _ = try connection.query(String(decoding: bytes[piece.range], as: UTF8.self))
    }
    let question = """
      SELECT string_agg(quote_literal(x), '|' ORDER BY id) FROM t;
      SELECT string_agg(proname || prosrc, '|' ORDER BY proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace;
      SELECT string_agg(definition, '|' ORDER BY rulename) FROM pg_rules WHERE schemaname = 'public';
      """
    let answer = try server.psql(question, database: whole)
    #expect(answer == (try server.psql(question, database: cut)))
    #expect(answer.count > 100)
  }
}
