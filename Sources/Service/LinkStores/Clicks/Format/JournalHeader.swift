/// What a journal says of itself on its first page.
struct JournalHeader: Sendable, Hashable {
  let geometry: JournalGeometry
  /// Names the journal, and its batches in the database.
  let id: JournalID
  /// The database that its clicks belong to.
  let database: JournalID
  /// Makes checksums of different journals differ.
  let key: UInt64

  private static let magic: UInt64 = 0x316b_6c43_786e_794c  // "LynxClk1"
  private static let version: UInt64 = 1
  static let words = 12

  var encoded: [UInt64] {
    let words: [UInt64] = [
      Self.magic, Self.version, UInt64(geometry.rings), UInt64(geometry.slots),
      UInt64(geometry.capacity), UInt64(geometry.chunk), id.high, id.low, database.high,
      database.low, key,
    ]
    return words + [JournalCheck.fold(Self.magic, words)]
  }

  init(geometry: JournalGeometry, id: JournalID, database: JournalID, key: UInt64) {
    self.geometry = geometry
    self.id = id
    self.database = database
    self.key = key
  }

  /// Whether both copies say that another version wrote them.
  static func isOfOtherVersion(_ words: [UInt64]) -> Bool {
    let versions = JournalGeometry.headerCopies.map { start in
      start + 1 < words.count && words[start] == magic ? words[start + 1] : version
    }
    return versions[0] != version && versions[0] == versions[1]
  }

  /// Nil if the words are damaged, or another version's.
  init?(_ words: ArraySlice<UInt64>) {
    let words = Array(words)
    guard words.count == Self.words, words[0] == Self.magic, words[1] == Self.version,
      JournalCheck.fold(Self.magic, words.dropLast()) == words.last,
      let rings = Int(exactly: words[2]), let slots = Int(exactly: words[3]),
      let capacity = Int(exactly: words[4]), let chunk = Int(exactly: words[5]),
      let geometry = JournalGeometry(
        rings: rings, slots: slots, capacity: capacity, chunk: chunk)
    else { return nil }
    self.init(
      geometry: geometry, id: JournalID(high: words[6], low: words[7]),
      database: JournalID(high: words[8], low: words[9]), key: words[10])
  }
}

/// 128 random bits, written as 32 hexadecimal digits.
struct JournalID: Sendable, Hashable, CustomStringConvertible {
  let high: UInt64
  let low: UInt64

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  init(using generator: inout some RandomNumberGenerator) {
    self.init(high: generator.next(), low: generator.next())
  }

  /// Nil for anything but 32 hexadecimal digits.
  init?(_ text: String) {
    let digits = Array(text.utf8)
    guard digits.count == 32, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
      let high = UInt64(String(decoding: digits[..<16], as: UTF8.self), radix: 16),
      let low = UInt64(String(decoding: digits[16...], as: UTF8.self), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  var description: String { Self.hex(high) + Self.hex(low) }

  private static func hex(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
