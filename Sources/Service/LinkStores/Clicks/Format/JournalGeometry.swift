/// Where things lie in a journal file, in words of 64 bits, in the machine's own
/// byte order: a journal stays where its process was.
///
///     page 0     header            what ``JournalHeader`` says
///     page 1     copy of the header
///     page 2…4   headers of the three areas
///     areas      each: entries of three words, then on a page of its own a copy of its header
///     rings      one an event loop: slots of two words
///
/// What says what the rest means stands twice, far apart, so that no single damage makes it unknown;
/// and first of all in the file, so that one that was cut keeps it longest.
struct JournalGeometry: Sendable, Hashable {
  static let pageWords = 512
  static let areas = 3
  static let entryWords = 3
  static let slotWords = 2
  static let largestRingCount = 256
  /// What a file can come to: a header that asks for more is not believed.
  static let largestBytes = 1 << 30

  /// Event loops.
  let rings: Int
  /// Clicks a ring holds, a power of two.
  let slots: Int
  /// Links an area holds.
  let capacity: Int
  /// Links that are sent to the database together.
  let chunk: Int

  /// Nil for what no journal has.
  init?(rings: Int, slots: Int, capacity: Int, chunk: Int) {
    guard (1...Self.largestRingCount).contains(rings), (64...1 << 24).contains(slots),
      slots & (slots - 1) == 0, (16...1 << 24).contains(capacity), (1...1 << 20).contains(chunk)
    else { return nil }
    self.rings = rings
    self.slots = slots
    self.capacity = capacity
    self.chunk = chunk
    guard words <= Self.largestBytes / 8 else { return nil }
  }

  private static func wholePages(_ words: Int) -> Int {
    (words + pageWords - 1) / pageWords * pageWords
  }

  private var areaWords: Int { Self.wholePages(capacity * Self.entryWords) + Self.pageWords }
  private var ringWords: Int { Self.wholePages(slots * Self.slotWords) }
  private var areasStart: Int { (2 + Self.areas) * Self.pageWords }

  /// The whole file.
  var words: Int { areasStart + Self.areas * areaWords + rings * ringWords }

  static let headerCopies = [0, pageWords]

  func entries(ofArea area: Int) -> Int { areasStart + area * areaWords }

  /// The two places of an area's header.
  func headers(ofArea area: Int) -> [Int] {
    [(2 + area) * Self.pageWords, areasStart + (area + 1) * areaWords - Self.pageWords]
  }

  func ring(_ ring: Int) -> Int { areasStart + Self.areas * areaWords + ring * ringWords }
}
