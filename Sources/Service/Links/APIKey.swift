/// Who may use the API, as the store knows it: never the key itself.
public struct APIKey: Sendable, Hashable, Identifiable {
  public var id: Int64
  /// The user that requests with this key are made by. Not unique: keys of one name are one user's, so
  /// that a key can be replaced without its links changing hands.
  public var name: String
  public var isAdmin: Bool
  /// Seconds since 1970, as is ``revokedAt``.
  public var createdAt: Int64
  public var createdBy: String?
  /// Since when it lets nobody in; nil for a key that does.
  public var revokedAt: Int64?

  public init(
    id: Int64, name: String, isAdmin: Bool, createdAt: Int64, createdBy: String?,
    revokedAt: Int64?
  ) {
    self.id = id
    self.name = name
    self.isAdmin = isAdmin
    self.createdAt = createdAt
    self.createdBy = createdBy
    self.revokedAt = revokedAt
  }
}

/// A key to be stored.
public struct NewAPIKey: Sendable, Hashable {
  public static let maximumNameLength = 100

  /// The user's name: 1…100 bytes without control characters or spaces at its ends.
  public let name: String
  public let hash: APIKeyHash
  public let isAdmin: Bool
  public let createdBy: String?

  /// Throws ``LinkError/invalidName(_:)``.
  public init(
    name: String, hash: APIKeyHash, isAdmin: Bool, createdBy: String?
  ) throws(LinkError) {
    if let reason = Self.reasonToRefuse(name) { throw .invalidName(reason) }
    self.name = name
    self.hash = hash
    self.isAdmin = isAdmin
    self.createdBy = createdBy
  }

  private static func reasonToRefuse(_ name: String) -> String? {
    if name.isEmpty { return "is empty" }
    if name.utf8.count > maximumNameLength {
      return "is longer than \(maximumNameLength) bytes"
    }
    for scalar in name.unicodeScalars
    where scalar.properties.generalCategory == .control
      || scalar.properties.isDefaultIgnorableCodePoint
    {
      return "contains a control or invisible character"
    }
    if name.unicodeScalars.first?.properties.isWhitespace ?? false
      || name.unicodeScalars.last?.properties.isWhitespace ?? false
    {
      return "begins or ends with a space"
    }
    return nil
  }
}
