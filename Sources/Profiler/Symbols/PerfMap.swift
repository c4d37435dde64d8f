internal import LinuxSystem

/// Names of code generated at run time, from the file that runtimes write for perf:
/// `/tmp/perf-PID.map`, lines of `START SIZE NAME` in hexadecimal (Linux tools/perf
/// Documentation/jit-interface.txt).
struct PerfMap {
  private var entries: [(start: UInt64, end: UInt64, name: String)] = []

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

  init(text: [UInt8]) {
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
      guard fields.count == 3,
        let start = UInt64(String(decoding: fields[0], as: UTF8.self), radix: 16),
        let size = UInt64(String(decoding: fields[1], as: UTF8.self), radix: 16)
      else { continue }
      let (end, overflow) = start.addingReportingOverflow(size)
      if !overflow {
        entries.append((start, end, String(decoding: fields[2], as: UTF8.self)))
      }
    }
    // A later line replaces an earlier one for the same code: keep the order among equals.
    entries = entries.enumerated()
      .sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }
      .map(\.element)
  }

  /// The name that covers an address. O(log n).
  func name(at address: UInt64) -> String? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].start <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0, address < entries[low - 1].end else { return nil }
    return entries[low - 1].name
  }
}
