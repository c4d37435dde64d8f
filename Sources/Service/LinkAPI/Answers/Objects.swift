internal import Links

/// A link as clients see it.
struct URLObject: Encodable, Sendable {
  let link: Link
  /// The store's and those it was not told of yet.
  let clicks: Int64
  let redirectBaseURL: String?

  private enum Key: String, CodingKey {
    case id, clicks
    case code = "short_code"
    case destination = "original_url"
    case createdAt = "created_at"
    case createdBy = "created_by"
    case isActive = "is_active"
    case updatedAt = "updated_at"
    case redirectBaseURL = "redirect_base_url"
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(link.id, forKey: .id)
    try object.encode(link.code, forKey: .code)
    try object.encode(link.destination, forKey: .destination)
    try object.encode(link.createdAt, forKey: .createdAt)
    try object.encode(link.createdBy, forKey: .createdBy)
    try object.encode(clicks, forKey: .clicks)
    try object.encode(link.isActive, forKey: .isActive)
    try object.encode(link.updatedAt, forKey: .updatedAt)
    try object.encode(redirectBaseURL, forKey: .redirectBaseURL)
  }
}

/// A page of the list; its search has the same under another name.
struct URLPage: Encodable, Sendable {
  enum Name: String { case urls, items }

  let name: Name
  let links: [URLObject]
  let nextCursor: String?

  private enum Key: String, CodingKey {
    case urls, items
    case nextCursor = "next_cursor"
    case hasMore = "has_more"
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(links, forKey: name == .urls ? .urls : .items)
    try object.encodeIfPresent(nextCursor, forKey: .nextCursor)
    try object.encode(nextCursor != nil, forKey: .hasMore)
  }
}

/// A destination that a link had before.
struct HistoryObject: Encodable, Sendable {
  let entry: HistoryEntry

  private enum Key: String, CodingKey {
    case id
    case code = "short_code"
    case destination = "historic_url"
    case changedAt = "changed_at"
    case changedBy = "changed_by"
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(entry.id, forKey: .id)
    try object.encode(entry.code, forKey: .code)
    try object.encode(entry.destination, forKey: .destination)
    try object.encode(entry.changedAt, forKey: .changedAt)
    try object.encode(entry.changedBy, forKey: .changedBy)
  }
}

/// A key without its secret; `key` is the secret, of a key that was just made.
struct KeyObject: Encodable, Sendable {
  let key: APIKey
  var secret: APIKeySecret?

  private enum Key: String, CodingKey {
    case id, name, key
    case isAdmin = "is_admin"
    case createdAt = "created_at"
    case createdBy = "created_by"
    case revokedAt = "revoked_at"
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(key.id, forKey: .id)
    try object.encode(key.name, forKey: .name)
    try object.encode(key.isAdmin, forKey: .isAdmin)
    try object.encode(key.createdAt, forKey: .createdAt)
    try object.encode(key.createdBy, forKey: .createdBy)
    try object.encode(key.revokedAt, forKey: .revokedAt)
    try object.encodeIfPresent(secret?.text, forKey: .key)
  }
}

struct MessageObject: Encodable, Sendable {
  let message: String
}

struct AuthModeObject: Encodable, Sendable {
  let mode: String
  let shortCodeMaxLength: Int

  private enum CodingKeys: String, CodingKey {
    case mode
    case shortCodeMaxLength = "short_code_max_length"
  }
}

struct UserObject: Encodable, Sendable {
  let caller: Caller

  private enum Key: String, CodingKey {
    case user = "user_id"
    case isAdmin = "is_admin"
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(caller.user, forKey: .user)
    try object.encode(caller.isAdmin, forKey: .isAdmin)
  }
}
