/// Where a page ended. Links are listed newest first: by ``createdAt``, then ``id``, both
/// descending. New links come before every position handed out, so that pages neither miss nor
/// repeat a link while links are being created.
public struct LinkPosition: Sendable, Hashable {
  public var createdAt: Int64
  public var id: Int64

  public init(createdAt: Int64, id: Int64) {
    self.createdAt = createdAt
    self.id = id
  }
}

/// Which links are asked for. Without a filter it is the list of all, else a search for those that
/// pass every filter.
public struct LinkQuery: Sendable, Hashable {
  public static let limits = 1...200
  public static let defaultLimit = 50
  /// Bytes of ``text``.
  public static let maximumTextLength = 1024

  /// Found anywhere in the code (case-sensitive) or the destination (ASCII case ignored), taken
  /// literally.
  public let text: String?
  public let createdBy: String?
  /// The earliest and the latest second of creation, both included.
  public let createdFrom: Int64?
  public let createdTo: Int64?
  public let isActive: Bool?
  public let limit: Int
  /// Only links behind this position; nil for the first page.
  public var after: LinkPosition?

  /// An empty text is none; a limit outside of ``limits`` is the nearest one inside. Throws
  /// ``LinkError/invalidQuery(_:)``.
  public init(
    text: String? = nil, createdBy: String? = nil, createdFrom: Int64? = nil,
    createdTo: Int64? = nil, isActive: Bool? = nil, limit: Int = LinkQuery.defaultLimit,
    after: LinkPosition? = nil
  ) throws(LinkError) {
    if let text, text.utf8.count > Self.maximumTextLength {
      throw .invalidQuery("text is longer than \(Self.maximumTextLength) bytes")
    }
    if [text, createdBy].contains(where: { $0?.utf8.contains(0) ?? false }) {
      throw .invalidQuery("contains a NUL character")
    }
    if let createdFrom, let createdTo, createdFrom > createdTo {
      throw .invalidQuery("begins after it ends; exchange created_from and created_to")
    }
    self.text = text == "" ? nil : text
    self.createdBy = createdBy
    self.createdFrom = createdFrom
    self.createdTo = createdTo
    self.isActive = isActive
    self.limit = min(max(limit, Self.limits.lowerBound), Self.limits.upperBound)
    self.after = after
  }

  /// The filters in an unambiguous form: each either absent (0) or its length and its bytes. Position
  /// and limit are no filters: pages of one listing may differ in size.
  var filterBytes: [UInt8] {
    var bytes: [UInt8] = []
    func add(_ value: [UInt8]?) {
      guard let value else { return bytes.append(0) }
      bytes.append(1)
      bytes.append(contentsOf: bigEndian(Int64(value.count)))
      bytes.append(contentsOf: value)
    }
    add(text.map { Array($0.utf8) })
    add(createdBy.map { Array($0.utf8) })
    add(createdFrom.map(bigEndian))
    add(createdTo.map(bigEndian))
    add(isActive.map { [$0 ? 1 : 0] })
    return bytes
  }
}

func bigEndian(_ value: Int64) -> [UInt8] {
  withUnsafeBytes(of: value.bigEndian) { Array($0) }
}

/// Some of the links asked for, newest first.
public struct LinkPage: Sendable, Hashable {
  public var links: [Link]
  /// Whether there are more behind the last one.
  public var hasMore: Bool

  public init(links: [Link], hasMore: Bool) {
    self.links = links
    self.hasMore = hasMore
  }

  /// Where the next page begins; nil if there is none.
  public var end: LinkPosition? {
    guard hasMore, let last = links.last else { return nil }
    return LinkPosition(createdAt: last.createdAt, id: last.id)
  }
}
