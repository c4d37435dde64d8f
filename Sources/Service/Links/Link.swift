/// A short code and where it leads.
public struct Link: Sendable, Hashable, Identifiable {
  public var id: Int64
  public var code: String
  public var destination: String
  /// Seconds since 1970, as is ``updatedAt``.
  public var createdAt: Int64
  public var createdBy: String?
  public var clicks: Int64
  public var isActive: Bool
  public var updatedAt: Int64
  /// 1 when created, one more with each change of ``destination`` or ``isActive``; clicks do not
  /// count as one. Of two states of a link the one with the higher number is the newer.
  public var version: Int64

  public init(
    id: Int64, code: String, destination: String, createdAt: Int64, createdBy: String?,
    clicks: Int64, isActive: Bool, updatedAt: Int64, version: Int64
  ) {
    self.id = id
    self.code = code
    self.destination = destination
    self.createdAt = createdAt
    self.createdBy = createdBy
    self.clicks = clicks
    self.isActive = isActive
    self.updatedAt = updatedAt
    self.version = version
  }
}
