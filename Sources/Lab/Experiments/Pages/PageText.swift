internal import Terminal

/// Text as HTML pages have it.
enum HTMLText {
  /// For any place between tags or within quotes. What would move text around, or is no character of
  /// XML, becomes visible.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in printable(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The name of a file beside the page as a reference to it (RFC 3986, section 2.3), never as a scheme.
  static func reference(_ file: String) -> String {
    var result = ""
    for byte in file.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return result
  }

  static func link(_ file: String, _ text: String) -> String {
    "<a href=\"\(reference(file))\">\(escaped(text))</a>"
  }

  /// A whole page that needs nothing from elsewhere.
  static func page(title: String, body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(title))</title>
    <style>
    :root { color-scheme: light dark; --more: #b3261e; --less: #1a5fb4; }
    @media (prefers-color-scheme: dark) { :root { --more: #ff8a80; --less: #8ab4f8; } }
    body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 110rem; padding: 0 1rem; }
    h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 0 0 .4rem; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: .25rem .45rem; text-align: right; border-bottom: 1px solid #8884; vertical-align: top; }
    td { white-space: nowrap; }
    th:first-child, td:first-child, td.text, th.text { text-align: left; }
    td.text { white-space: normal; overflow-wrap: anywhere; min-width: 12rem; }
    .wide { overflow-x: auto; }
    .bar { display: flex; height: 1rem; min-width: 14rem; border-radius: 3px; overflow: hidden; }
    .bar span { display: block; color: #111; font-size: .7rem; line-height: 1rem; text-align: center; }
    .key { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin: 0 .3rem 0 .9rem; }
    .grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(38rem, 1fr)); gap: 1.5rem; }
    section { border: 1px solid #8884; border-radius: 6px; padding: .8rem; margin: 1.2rem 0; }
    .grid section { margin: 0; }
    img { width: 100%; background: #fff; }
    img.low { max-height: 26rem; object-fit: contain; background: none; margin-top: .8rem; }
    p { margin: .3rem 0; } .dim { opacity: .7; } .more { color: var(--more); } .less { color: var(--less); }
    small { display: block; opacity: .75; }
    summary { cursor: pointer; }
    details table { margin: .4rem 0 .8rem; font-size: .9rem; }
    @media (max-width: 45rem) { .grid { grid-template-columns: 1fr; } }
    </style>
    </head>
    <body>
    <h1>\(escaped(title))</h1>
    \(body)
    </body>
    </html>

    """
  }
}

/// Text as Markdown has it, in a table or outside.
enum MarkdownText {
  /// Without what Markdown would read as its own, HTML and references included.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in printable(text).unicodeScalars {
      if "\\`*_{}[]<>()#|~&@!$:".unicodeScalars.contains(scalar) { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    return result
  }

  /// Rows of cells that are Markdown already, below their titles.
  static func table(_ titles: [String], alignedLeft: Set<Int> = [0], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    let rule = titles.indices.map { alignedLeft.contains($0) ? "---" : "---:" }
    return line(titles) + line(rule) + rows.map(line).joined()
  }
}
