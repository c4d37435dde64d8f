public import Profiles
internal import Terminal

/// Which part of the server CPU time was spent in, from the stacks of a profile.
public struct ServerLayers: Sendable, Equatable {
  public enum Layer: String, Sendable, CaseIterable {
    /// The kernel's sending, receiving, accepting and waiting for sockets, and what calls it.
    case network
    /// Requests read, and answers made.
    case parsing
    case cache
    /// SQLite, libpq, and the store around them.
    case database
    /// Clicks counted, kept and sent to the database.
    case clicks
    /// Swift's runtime, memory, tasks and locks.
    case runtime
    /// The rest of the kernel's part.
    case kernel
    case other
  }

  /// Shares of 1 in the order of ``Layer``'s cases; all zero without samples.
  public let shares: [(layer: Layer, share: Double)]

  public init(_ profile: Profile) {
    let position = profile.defaultSampleType
    var sums: [Layer: Double] = [:]
    var total = 0.0
    for sample in profile.samples where position < sample.values.count {
      let weight = Double(sample.values[position])
      sums[Self.layer(of: profile.frameNames(of: sample)), default: 0] += weight
      total += weight
    }
    shares = Layer.allCases.map { ($0, total > 0 ? (sums[$0] ?? 0) / total : 0) }
  }

  /// - Parameter shares: those that are missing are 0, as are those that are none.
  init(_ shares: [Layer: Double]) {
    self.shares = Layer.allCases.map { layer in
      let share = shares[layer] ?? 0
      return (layer, share >= 0 && share <= 1 ? share : 0)
    }
  }

  /// The largest first, in percent: `network 67.6 %, cache 20.6 %`.
  public var text: String {
    shares.filter { $0.share >= 0.001 }.sorted { $0.share > $1.share }
      .map { "\($0.layer.rawValue) \(NumberText.fixed($0.share * 100, places: 1)) %" }
      .joined(separator: ", ")
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.shares.map(\.layer) == b.shares.map(\.layer) && a.shares.map(\.share) == b.shares.map(\.share)
  }

  /// What functions' names contain, innermost frame first; the first frame that says anything decides.
  private static let marks: [(text: String, layer: Layer)] = [
    ("ClickCounter", .clicks), ("ClickJournal", .clicks), ("JournalState", .clicks),
    ("JournalArea", .clicks), ("ClickRing", .clicks),
    ("LinkCache", .cache), ("CacheShard", .cache), ("CacheView", .cache), ("CacheArena", .cache),
    ("sqlite3", .database), ("SQLite", .database), ("PQ", .database), ("pq", .database),
    ("Postgres", .database), ("MeasuredStore", .database),
    ("RequestParser", .parsing), ("RequestBytes", .parsing), ("FieldsSeen", .parsing),
    ("AnswerWriter", .parsing), ("JSONDecoder", .parsing), ("JSONEncoder", .parsing),
    ("llhttp", .parsing), ("HTTPDecoder", .parsing), ("PercentDecoding", .parsing),
  ]

  private static let networkCalls: Set<String> = [
    "__x64_sys_sendto", "__x64_sys_recvfrom", "__x64_sys_epoll_wait", "__x64_sys_epoll_pwait2",
    "__x64_sys_epoll_ctl", "__x64_sys_accept4", "__x64_sys_writev", "__x64_sys_readv",
    "__x64_sys_shutdown", "__x64_sys_close", "__sys_sendto", "__sys_recvfrom",
  ]

  private static let runtimeMarks = [
    "swift_", "swift::", "malloc", "free", "calloc", "_int_", "memcpy", "memmove", "memset",
    "_dispatch_", "dispatch_", "pthread_", "__pthread", "tcache", "operator new", "operator delete",
  ]

  /// - Parameter frames: names, innermost first.
  static func layer(of frames: [String]) -> Layer {
    let isKernel = frames.contains {
      $0.hasPrefix("entry_SYSCALL") || $0 == "do_syscall_64" || $0.hasPrefix("asm_")
        || $0.hasPrefix("ret_from_fork")
    }
    // What the kernel does belongs to whoever asked for it, if that is a part of its own.
    for frame in frames {
      if let mark = marks.first(where: { frame.contains($0.text) }) { return mark.layer }
    }
    if isKernel {
      return frames.contains(where: networkCalls.contains) ? .network : .kernel
    }
    guard let leaf = frames.first else { return .other }
    if runtimeMarks.contains(where: { leaf.hasPrefix($0) }) { return .runtime }
    if frames.contains(where: { $0.hasPrefix("swift::runJob") || $0.hasPrefix("_dispatch_") }) {
      return .runtime
    }
    if frames.contains(where: {
      $0.contains("RedirectLoop") || $0.contains("RedirectConnection") || $0.contains("SocketCalls")
        || $0.contains("SelectableEventLoop")
    }) {
      return .network
    }
    return .other
  }
}

/// As reports have them: an object with a share for each layer.
extension ServerLayers: Codable {
  public init(from decoder: any Decoder) throws {
    let shares = try decoder.singleValueContainer().decode([String: Double].self)
    var known: [Layer: Double] = [:]
    for (name, share) in shares {
      if let layer = Layer(rawValue: name) { known[layer] = share }
    }
    self.init(known)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(
      Dictionary(uniqueKeysWithValues: shares.map { ($0.layer.rawValue, $0.share) }))
  }
}

extension Profile {
  /// Names of a sample's functions, innermost first, inlined ones included.
  fileprivate func frameNames(of sample: Sample) -> [String] {
    sample.locations.flatMap { location in
      locations[location].lines.map { functions[$0.function].name }
    }
  }
}
