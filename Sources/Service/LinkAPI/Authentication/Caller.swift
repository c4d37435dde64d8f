internal import Links

/// Who makes a request, and what that lets them do.
struct Caller: Sendable, Equatable {
  /// The name of the key; nil where there are no users.
  let user: String?
  let isAdmin: Bool
  /// Whether links have owners whom to ask. Without users they have none.
  let checksOwners: Bool

  static let anyone = Caller(user: nil, isAdmin: false, checksOwners: false)

  init(key: APIKey) { self.init(user: key.name, isAdmin: key.isAdmin, checksOwners: true) }

  private init(user: String?, isAdmin: Bool, checksOwners: Bool) {
    self.user = user
    self.isAdmin = isAdmin
    self.checksOwners = checksOwners
  }

  func owns(_ link: Link) -> Bool {
    guard checksOwners, !isAdmin else { return true }
    // By bytes: Swift takes strings for equal that the database tells apart.
    guard let user, let owner = link.createdBy else { return false }
    return owner.utf8.elementsEqual(user.utf8)
  }

  /// Links of others are to somebody who reads as if they were not there.
  func requireSight(of link: Link) throws(LinkError) {
    if !owns(link) { throw .notFound("the short code '\(link.code)'") }
  }

  func requireOwnership(of link: Link) throws(LinkError) {
    if !owns(link) { throw .forbidden(link.code) }
  }
}
