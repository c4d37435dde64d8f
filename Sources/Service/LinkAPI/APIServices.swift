public import LinkStores
public import Links

/// What the API is a door to.
public struct APIServices: Sendable {
  public var store: any LinkStore & APIKeyStore
  /// Of this node's redirects: it knows of a change before that is answered.
  public var cache: LinkCache
  /// Of this node's clicks, which are part of what a link is shown with.
  public var journal: ClickJournal
  /// Whether the database has the schema that this program was made for, as far as is known; does not wait.
  public var isSchemaCurrent: @Sendable () -> Bool
  /// What else is measured, for `/metrics`.
  public var metrics: @Sendable () -> [MetricFamily]
  /// Takes profiles of this process; nil if nobody can, and then there is no address for it.
  public var profile: ProfileTaking?

  public init(
    store: any LinkStore & APIKeyStore, cache: LinkCache, journal: ClickJournal,
    isSchemaCurrent: @escaping @Sendable () -> Bool,
    metrics: @escaping @Sendable () -> [MetricFamily] = { [] }, profile: ProfileTaking? = nil
  ) {
    self.store = store
    self.cache = cache
    self.journal = journal
    self.isSchemaCurrent = isSchemaCurrent
    self.metrics = metrics
    self.profile = profile
  }
}
