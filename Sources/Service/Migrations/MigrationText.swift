/// A file of SQL as text: read as UTF-8, its byte order mark left out, its line ends made one byte.
struct MigrationText {
  let bytes: [UInt8]

  init(_ raw: [UInt8], file: String) throws(MigrationError) {
    var raw = raw[...]
    if raw.starts(with: [0xEF, 0xBB, 0xBF]) { raw = raw.dropFirst(3) }
    if raw.starts(with: [0xFF, 0xFE]) || raw.starts(with: [0xFE, 0xFF]) {
      throw MigrationError(.badFile, "\(file) is UTF-16; save it as UTF-8")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(raw.count)
    for (index, byte) in zip(raw.indices, raw) {
      // What runs is what the checksum is of, however the file was checked out.
      if byte == 0x0D, index + 1 < raw.endIndex, raw[index + 1] == 0x0A { continue }
      bytes.append(byte)
    }
    func line(at offset: Int) -> Int { 1 + bytes[..<offset].count { $0 == 0x0A } }
    if let offset = Self.firstInvalid(bytes) {
      throw MigrationError(
        .badFile, "\(file):\(line(at: offset)) is not UTF-8; save the file as UTF-8")
    }
    if let offset = bytes.firstIndex(of: 0) {
      throw MigrationError(
        .badFile, "\(file):\(line(at: offset)) contains a NUL, which SQL cannot; remove it")
    }
    self.bytes = bytes
  }

  /// Where the first bytes are that are not UTF-8.
  private static func firstInvalid(_ bytes: [UInt8]) -> Int? {
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .emptyInput: return nil
      case .error: return offset
      }
    }
  }

  /// The lines with where each begins, without their ends.
  var lines: [(start: Int, text: Substring)] {
    var lines: [(start: Int, text: Substring)] = []
    var start = 0
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      lines.append((start, Substring(decoding: line, as: UTF8.self)))
      start += line.count + 1
    }
    return lines
  }
}
