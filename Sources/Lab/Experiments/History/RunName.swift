internal import LinuxSystem

/// What the files of one run in a history are called: `20261128T082213Z-4373855abcde-redirect-hot`, with
/// an ending for each kind of file.
public struct RunName: Sendable, Hashable {
  /// When it began, as ``CompactTime`` has it.
  public let time: String
  /// What was run: see ``commit(_:)``.
  public let commit: String
  /// The scenario, or what was recorded: see ``label(for:)``.
  public let label: String
  /// Tells runs of the same second apart, from 1 on.
  public let number: Int

  /// - Parameters:
  ///   - seconds: since 1970.
  ///   - commit: what ``commit(_:)`` gave.
  ///   - label: what ``label(for:)`` gave.
  public init(seconds: Int64, commit: String, label: String, number: Int = 1) {
    time = CompactTime.text(seconds)
    self.commit = commit
    self.label = label
    self.number = number
  }

  public var stem: String { "\(time)-\(commit)-\(label)" + (number > 1 ? "~\(number)" : "") }

  /// `2026-11-28 08:22:13 UTC`.
  public var timeText: String {
    let digits = Array(time)
    guard digits.count == CompactTime.length else { return time }
    func part(_ range: Range<Int>) -> String { String(digits[range]) }
    return "\(part(0..<4))-\(part(4..<6))-\(part(6..<8)) "
      + "\(part(9..<11)):\(part(11..<13)):\(part(13..<15)) UTC"
  }

  /// The name that is written so; nil if it is none.
  public init?(stem: String) {
    let bytes = Array(stem.utf8)
    guard bytes.count <= 200, bytes.count > CompactTime.length else { return nil }
    let time = bytes[..<CompactTime.length]
    for (place, byte) in time.enumerated() {
      let fits =
        place == 8
        ? byte == UInt8(ascii: "T") : place == 15 ? byte == UInt8(ascii: "Z") : Self.isDigit(byte)
      guard fits else { return nil }
    }
    let parts = stem.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == CompactTime.length else { return nil }
    guard Self.isCommit(parts[1]) else { return nil }
    var label = parts[2]
    var number = 1
    if let mark = label.lastIndex(of: "~") {
      let digits = label[label.index(after: mark)...]
      guard let found = Int(digits), (2...Self.most).contains(found), String(found) == digits else {
        return nil
      }
      number = found
      label = label[..<mark]
    }
    guard !label.isEmpty, label.utf8.allSatisfy(Self.isPlain), !Self.isAmbiguous(label) else {
      return nil
    }
    self.time = String(parts[0])
    commit = String(parts[1])
    self.label = String(label)
    self.number = number
  }

  /// The most runs of one name in one second.
  static let most = 9999

  /// A commit as names have it: twelve digits, and `+` behind those of a tree that was modified. Build-ids
  /// go the same way; what is neither is `unknown`.
  public static func commit(_ text: String) -> String {
    let digits = text.prefix { $0 != "-" }
    let short = digits.prefix(12).lowercased()
    guard short.utf8.count >= 4, isCommit(short[...]) else { return "unknown" }
    return short + (digits.endIndex < text.endIndex ? "+" : "")
  }

  /// A name made safe for a file: what is no letter, digit or one of `_.+-` in ASCII becomes `_`. Where
  /// something was replaced or cut off, six digits that depend on the whole name are added, so that
  /// different names stay different.
  public static func label(for name: String) -> String {
    let bytes = Array(name.utf8)
    var plain = bytes.map { isPlain($0) ? $0 : UInt8(ascii: "_") }
    plain = Array(plain.prefix(60))
    while let first = plain.first, first == UInt8(ascii: ".") || first == UInt8(ascii: "-") {
      plain.removeFirst()
    }
    var label = String(decoding: plain, as: UTF8.self)
    if isAmbiguous(label[...]) { label += "_" }
    if label.utf8.elementsEqual(bytes), !label.isEmpty { return label }
    // FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv).
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash & 0xff_ffff, radix: 16)
    return (label.isEmpty ? "program" : label) + "-"
      + String(repeating: "0", count: 6 - digits.count)
      + digits
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"):
      true
    default: isDigit(byte)
    }
  }

  /// Whether it ends like one of the kinds of files.
  private static func isAmbiguous(_ label: Substring) -> Bool {
    RunFile.allCases.contains { (label + ".svg").hasSuffix($0.ending) && $0 != .picture }
  }

  private static func isCommit(_ text: Substring) -> Bool {
    if text == "unknown" { return true }
    let digits = text.last == "+" ? text.dropLast() : text
    return (4...40).contains(digits.utf8.count)
      && digits.utf8.allSatisfy {
        isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }
}

extension RunName: Comparable {
  /// The earlier first.
  public static func < (a: Self, b: Self) -> Bool {
    (a.time, a.number, a.label, a.commit) < (b.time, b.number, b.label, b.commit)
  }
}

/// The files of a run.
public enum RunFile: Sendable, CaseIterable {
  /// The recording, without which there is no run.
  case artifact
  case picture
  case bench
  /// What changed since the run before, drawn.
  case difference
  /// What was found out about the run, so that it need not be found out again.
  case record

  public var ending: String {
    switch self {
    case .artifact: ".pb.gz"
    case .picture: ".svg"
    case .bench: ".bench.json.gz"
    case .difference: ".diff.svg"
    case .record: ".run.json"
    }
  }

  /// The longest first, since one ends like another.
  private static let byLength = allCases.sorted { $0.ending.utf8.count > $1.ending.utf8.count }

  /// What a file of a history is; nil for a file of somebody else.
  public static func of(_ file: String) -> (run: RunName, kind: RunFile)? {
    guard let kind = byLength.first(where: { file.hasSuffix($0.ending) }) else { return nil }
    return RunName(stem: String(file.dropLast(kind.ending.count))).map { ($0, kind) }
  }
}
