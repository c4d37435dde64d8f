internal import LinuxSystem

/// Names of code generated at run time, from the file that runtimes write for perf:
/// `/tmp/perf-PID.map`, lines of `START SIZE NAME` in hexadecimal (Linux tools/perf
/// Documentation/jit-interface.txt).
struct PerfMap {
  private let text: [UInt8]
  /// Where a name begins to count, in ascending order; -1 where none does.
  private var starts: [UInt64] = []
  private var names: [Int32] = []
  private var nameRanges: [Range<Int>] = []

  /// The map of a process, looked for in its own view of /tmp first; empty if there is none.
  init(process: ProcessID) {
    let inner = Processes.status(of: process)?.namespaceIDs.last ?? process
    for path in [
      "/proc/\(process)/root/tmp/perf-\(inner).map", "/tmp/perf-\(process).map",
    ] {
      if let text = try? readFile(path, limit: 256 << 20) {
        self.init(text: text)
        return
      }
    }
    self.init(text: [])
  }

  /// Where lines overlap the later one counts: code is generated anew where older code was.
  /// O(n log n).
  init(text: [UInt8]) {
    self.text = text
    var ranges: [(start: UInt64, end: UInt64)] = []
    var position = 0
    while position < text.count {
      let end = text[position...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
      var line = text[position..<end]
      position = end + 1
      guard let start = Self.number(&line), let size = Self.number(&line), !line.isEmpty else {
        continue
      }
      let (last, overflow) = start.addingReportingOverflow(size)
      if overflow || size == 0 { continue }
      ranges.append((start, last))
      nameRanges.append(line.startIndex..<line.endIndex)
    }
    starts = Array(Set(ranges.flatMap { [$0.start, $0.end] })).sorted()
    names = Array(repeating: -1, count: starts.count)
    // From the last line to the first, each takes what no later one took; `next` leads past what
    // is taken (union-find with path halving).
    var next = Array(0...starts.count)
    for (line, range) in ranges.enumerated().reversed() {
      var place = Self.count(starts, upTo: range.start) - 1
      while true {
        while next[place] != place {
          next[place] = next[next[place]]
          place = next[place]
        }
        guard place < starts.count, starts[place] < range.end else { break }
        names[place] = Int32(truncatingIfNeeded: line)
        next[place] = place + 1
      }
    }
  }

  /// The name that covers an address. O(log n).
  func name(at address: UInt64) -> String? {
    let count = Self.count(starts, upTo: address)
    guard count > 0, names[count - 1] >= 0 else { return nil }
    return String(decoding: text[nameRanges[Int(names[count - 1])]], as: UTF8.self)
  }

  /// How many of the sorted values are not above a limit.
  private static func count(_ values: [UInt64], upTo limit: UInt64) -> Int {
    var low = 0
    var high = values.count
    while low < high {
      let middle = (low + high) / 2
      if values[middle] <= limit { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Takes a hexadecimal number, which Java writes with 0x before it, and the spaces behind it.
  private static func number(_ line: inout ArraySlice<UInt8>) -> UInt64? {
    if line.starts(with: "0x".utf8) { line = line.dropFirst(2) }
    var value: UInt64 = 0
    var digits = 0
    while let byte = line.first, let digit = Character(Unicode.Scalar(byte)).hexDigitValue {
      guard value >> 60 == 0 else { return nil }
      value = value << 4 | UInt64(digit)
      digits += 1
      line = line.dropFirst()
    }
    guard digits > 0, line.first == UInt8(ascii: " ") else { return nil }
    line = line.drop { $0 == UInt8(ascii: " ") }
    return value
  }
}
