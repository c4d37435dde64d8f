import TestSupport

/// Scripts full of semicolons that end nothing.
enum RandomScript {
  private static let noise = [
    " ", "\n", "-- ; ' \" /* $$\n", "/* ; ' -- */", "\t", ";", "/*;*/ ;",
  ]
  private static let texts = [
    ";", "''", "--", "/*", "*/", "x", "\n", "🦊", "\"", "$$", "end;", "`", "[", "\\\\",
  ]

  static func sqlite(using generator: inout SeededGenerator) -> String {
    var script = "CREATE TABLE t (x);"
    for index in 0..<Int.random(in: 1...12, using: &generator) {
      script += blank(&generator)
      switch Int.random(in: 0...4, using: &generator) {
      case 0:
        script += "CREATE TABLE [a;\(index)] (`b;` TEXT DEFAULT '\(text(&generator))', \"c;\" x);"
      case 1:
        script +=
          "CREATE TRIGGER r\(index) AFTER INSERT ON t WHEN NEW.x = 'fire'\(blank(&generator, false))"
          + "BEGIN SELECT CASE WHEN 1 THEN 2 END;\(blank(&generator, false))"
          + "INSERT INTO t VALUES ('end;\(text(&generator))'); END ;"
      case 2: script += "CREATE VIEW v\(index) AS SELECT '\(text(&generator))' AS \"end;\";"
      case 3: script += "INSERT INTO t VALUES ('fire');"
      default: script += "INSERT INTO t VALUES ('\(text(&generator))'), (x'3b');"
      }
    }
    return script + blank(&generator)
  }

  static func postgres(using generator: inout SeededGenerator) -> String {
    var script = "CREATE TABLE t (id SERIAL, x TEXT);"
    for index in 0..<40 {
      script += blank(&generator)
      switch Int.random(in: 0...5, using: &generator) {
      case 0:
        script +=
          "CREATE FUNCTION f\(index)() RETURNS text LANGUAGE sql AS $b\(index)$"
          + "SELECT $$\(text(&generator).replacing("$$", with: ""))$$; SELECT 'a;'; $b\(index)$;"
      case 1:
        script +=
          "CREATE FUNCTION g\(index)() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END;"
          + "\(blank(&generator, false)) SELECT 2; END;"
      case 2:
        script +=
          "CREATE RULE r\(index) AS ON UPDATE TO t DO ALSO (SELECT 1; SELECT ';\(index)');"
      case 3: script += #"INSERT INTO t (x) VALUES (E'a\';\\'), ($q$;'$$;$q$);"#
      case 4: script += "/* /* ; */ ' */ INSERT INTO t (x) VALUES ('\(index);');"
      default: script += "INSERT INTO t (x) VALUES ('\(text(&generator))');"
      }
    }
    return script + blank(&generator)
  }

  private static func text(_ generator: inout SeededGenerator) -> String {
    (0..<Int.random(in: 0...5, using: &generator))
      .map { _ in texts.randomElement(using: &generator) ?? "" }.joined()
  }

  private static func blank(_ generator: inout SeededGenerator, _ mayEnd: Bool = true) -> String {
    let choices = mayEnd ? noise : Array(noise.prefix(5))
    return "\n"
      + (0..<Int.random(in: 0...3, using: &generator))
      .map { _ in choices.randomElement(using: &generator) ?? "" }.joined() + "\n"
  }
}
