/// A manual page being written, in the macros of man(7), which every reader of such pages has.
struct Roff {
  private(set) var lines: [String] = []

  var text: String { lines.joined(separator: "\n") + "\n" }

  /// Longer lines of input are a matter of style alone, but nobody likes to read a difference of them.
  private static let width = 78

  mutating func header(_ page: String, date: String, source: String) {
    lines.append(
      ".TH \(Self.escaped(page.uppercased())) 1 \"\(date)\" \"\(source)\" \"User Commands\"")
    // Names of files and options are not to be broken, nor lines stretched.
    lines += [".nh", ".ad l"]
  }

  mutating func section(_ title: String) { lines.append(".SH \(Self.escaped(title.uppercased()))") }

  mutating func subsection(_ title: String) { lines.append(".SS \(Self.escaped(title))") }

  /// The line that `man -k` shows.
  mutating func name(_ page: String, _ purpose: String) {
    lines.append("\(Self.escaped(page)) \\- \(Self.escaped(purpose))")
  }

  mutating func paragraph(_ text: String) {
    // A section has begun a paragraph already.
    if let last = lines.last, !last.hasPrefix(".SH"), !last.hasPrefix(".SS") { lines.append(".PP") }
    prose(text)
  }

  /// A paragraph given in roff.
  mutating func paragraph(raw: String) { lines.append(Self.guarded(raw)) }

  /// Lines of a command line in bold, and what it does.
  mutating func example(_ command: [String], _ meaning: String) {
    if let last = lines.last, !last.hasPrefix(".SH") { lines.append(".PP") }
    lines.append(".nf")
    for line in command { lines.append(Self.bold(line)) }
    lines.append(".fi")
    if meaning.isEmpty { return }
    lines.append(".RS 4")
    prose(meaning)
    lines.append(".RE")
  }

  /// A term, given in roff, and what it means.
  mutating func item(_ term: String, _ meaning: String) {
    lines.append(".TP")
    lines.append(Self.guarded(term))
    prose(meaning)
  }

  private mutating func prose(_ text: String) {
    var line = ""
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      let word = Self.escaped(String(word))
      if !line.isEmpty, line.count + 1 + word.count > Self.width {
        lines.append(Self.guarded(line))
        line = ""
      }
      line += line.isEmpty ? word : " " + word
    }
    if !line.isEmpty { lines.append(Self.guarded(line)) }
  }

  static func bold(_ text: String) -> String { "\\fB\(escaped(text))\\fR" }

  static func italic(_ text: String) -> String { "\\fI\(escaped(text))\\fR" }

  /// A line that begins like a request is none.
  private static func guarded(_ line: String) -> String {
    line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
  }

  /// `text` as it is to be read and copied: hyphens that are minus signs, quotes that are quotes.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\e"
      case "-": escaped += "\\-"
      case "'": escaped += "\\(aq"
      case "`": escaped += "\\(ga"
      case "^": escaped += "\\(ha"
      case "~": escaped += "\\(ti"
      case _ where scalar.isASCII: escaped.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        escaped += "\\[u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
      }
    }
    return escaped
  }
}
