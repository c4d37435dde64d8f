/// What a command's help says above its options, taken apart.
struct Discussion {
  /// A line or more to type, and what they do.
  struct Example: Equatable {
    var command: [String]
    var meaning: String
  }

  /// A list with a line above it.
  struct List: Equatable {
    var heading: String
    var rows: [Example]
  }

  var examples: [Example] = []
  var paragraphs: [String] = []
  var lists: [List] = []
  /// Exit codes with their meaning.
  var exitCodes: [(code: String, meaning: String)] = []

  init(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for block in lines.split(whereSeparator: \.isEmpty) { add(block.map(String.init)) }
  }

  private mutating func add(_ block: [String]) {
    guard let first = block.first else { return }
    let codes = "Exit codes: "
    if first.hasPrefix(codes) {
      let text = block.joined(separator: " ").dropFirst(codes.count)
      // Meanings may have semicolons of their own.
      for part in text.split(separator: "; ") {
        let words = part.split(separator: " ", maxSplits: 1)
        if words.count == 2, Int(words[0]) != nil {
          exitCodes.append((String(words[0]), String(words[1])))
        } else if let last = exitCodes.indices.last {
          exitCodes[last].meaning += "; \(part)"
        }
      }
      if let last = exitCodes.indices.last, exitCodes[last].meaning.hasSuffix(".") {
        exitCodes[last].meaning.removeLast()
      }
    } else if first.hasSuffix(":"), block.count > 1,
      block.dropFirst().allSatisfy({ $0.hasPrefix("  ") })
    {
      let rows = Self.rows(block.dropFirst())
      if first == "Examples:" {
        examples += rows
      } else {
        lists.append(List(heading: String(first.dropLast()), rows: rows))
      }
    } else {
      paragraphs.append(block.joined(separator: " "))
    }
  }

  /// Two columns: what stands in the first is at the margin of two blanks, the second behind two more.
  private static func rows(_ lines: some Sequence<String>) -> [Example] {
    var rows: [Example] = []
    for line in lines {
      let text = line.dropFirst(2)
      let isContinued = rows.last?.command.last?.hasSuffix("\\") == true
      if text.first == " ", !isContinued, let last = rows.indices.last {
        let more = text.drop { $0 == " " }
        rows[last].meaning += rows[last].meaning.isEmpty ? more : " " + more
        continue
      }
      let gap = text.drop { $0 == " " }.firstRange(of: "  ")
      let command = String(gap.map { text[..<$0.lowerBound] } ?? text)
      let meaning = String((gap.map { text[$0.upperBound...] } ?? "").drop { $0 == " " })
      if isContinued, let last = rows.indices.last {
        rows[last].command.append(command)
        rows[last].meaning = meaning
      } else {
        rows.append(Example(command: [command], meaning: meaning))
      }
    }
    return rows
  }
}
