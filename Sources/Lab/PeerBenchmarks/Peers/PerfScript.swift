import Terminal

/// The text of `perf script`: samples with their frames, innermost first.
struct PerfScript {
  struct Frame {
    var isKernel: Bool
    /// Without the offset; `[unknown]` where there is none.
    var symbol: String
  }

  private(set) var lost = 0
  private(set) var samples = 0

  /// Hands over the frames of each sample; a sample without a stack has none.
  ///
  /// A sample's first line begins with the name of its thread and ends in a colon, a frame's with
  /// a tab.
  init(reading path: String, _ body: ([Frame]) -> Void) throws(CommandError) {
    let bytes = try InputFile.read(path)
    var frames: [Frame] = []
    var isInSample = false
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.first == UInt8(ascii: "\t") {
        if let frame = Self.frame(String(decoding: line, as: UTF8.self)) { frames.append(frame) }
        continue
      }
      if isInSample {
        samples += 1
        body(frames)
        frames.removeAll(keepingCapacity: true)
        isInSample = false
      }
      guard !line.isEmpty else { continue }
      let text = String(decoding: line, as: UTF8.self)
      if let mark = text.firstRange(of: "PERF_RECORD_LOST") {
        lost += text[mark.upperBound...].split { !$0.isNumber }.last.flatMap { Int($0) } ?? 0
      } else {
        isInSample = true
      }
    }
    if isInSample {
      samples += 1
      body(frames)
    }
  }

  /// `ADDRESS SYMBOL+0xOFFSET (FILE)`: symbols contain blanks and parentheses, too.
  private static func frame(_ line: String) -> Frame? {
    let text = line.drop { $0 == "\t" || $0 == " " }
    guard let blank = text.firstIndex(of: " "), let address = UInt64(text[..<blank], radix: 16)
    else { return nil }
    var symbol = text[text.index(after: blank)...]
    if let file = symbol.ranges(of: " (").last { symbol = symbol[..<file.lowerBound] }
    if let offset = symbol.ranges(of: "+0x").last { symbol = symbol[..<offset.lowerBound] }
    // The upper half of the addresses is the kernel's.
    return Frame(isKernel: address >> 63 == 1, symbol: String(symbol))
  }
}
