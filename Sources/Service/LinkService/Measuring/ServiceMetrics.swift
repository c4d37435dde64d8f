internal import LinkAPI
internal import LinkServer
internal import LinkStores
internal import LinuxSystem

/// What `/metrics` says of a service besides its API.
struct ServiceMetrics: Sendable {
  let redirects: @Sendable () -> RedirectStatistics?
  let cache: LinkCache
  let journal: ClickJournal
  let feed: LinkChangeFeed
  let store: StoreMeasurements
  let version: String
  let startedAt: Double

  func families() -> [MetricFamily] {
    (redirects().map(redirectFamilies) ?? []) + cacheFamilies + clickFamilies + store.families
      + feedFamilies + processFamilies
  }

  private func redirectFamilies(_ statistics: RedirectStatistics) -> [MetricFamily] {
    let bounds = (0..<RedirectStatistics.bucketCount - 1).map {
      Double(UInt64(1024) << UInt64($0)) / 1e9
    }
    return [
      .counter(
        "lynx_redirect_requests_total", "Requests that the redirect server answered.",
        statistics.requests.sorted { $0.key.rawValue < $1.key.rawValue }
          .map { Metric(Double($0.value), labels: [("status", "\($0.key.rawValue)")]) }),
      .histogram(
        "lynx_redirect_duration_seconds",
        "Time from the moment a request was read to the moment its answer was written.",
        [
          Metric.Histogram(
            bounds: bounds, counts: statistics.latencies,
            sum: Double(statistics.latencyNanoseconds) / 1e9, labels: [("answer", "redirect")]),
          Metric.Histogram(
            bounds: bounds, counts: statistics.otherLatencies,
            sum: Double(statistics.otherLatencyNanoseconds) / 1e9, labels: [("answer", "other")]),
        ]),
      .gauge(
        "lynx_redirect_connections", "Connections to the redirect server that are open.",
        [Metric(Double(statistics.openConnections))]),
      .gauge(
        "lynx_redirect_connections_limit", "How many may be open.",
        [Metric(Double(statistics.maximumConnections))]),
      .counter(
        "lynx_redirect_connections_total", "Connections that the redirect server accepted.",
        [Metric(Double(statistics.connectionsOpened))]),
      .counter(
        "lynx_redirect_connections_closed_total", "Connections that ended, by cause.",
        ConnectionEnd.allCases.map { end in
          Metric(Double(statistics.connectionEnds[end] ?? 0), labels: [("cause", Self.name(end))])
        }),
      .counter(
        "lynx_redirect_connections_held_total",
        "Times that no connection was accepted for a while, by cause.",
        [
          Metric(Double(statistics.limitsReached), labels: [("cause", "limit")]),
          Metric(Double(statistics.acceptFailures), labels: [("cause", "no_descriptors")]),
        ]),
      .gauge(
        "lynx_event_loop_lag_seconds",
        "The longest that somebody may have waited for an event loop.",
        [
          Metric(Double(statistics.loopLagNanoseconds) / 1e9, labels: [("window", "second")]),
          Metric(
            Double(statistics.longestLoopLagNanoseconds) / 1e9, labels: [("window", "minute")]),
        ]),
      .counter(
        "lynx_cache_hits_total", "Redirects answered from the cache.",
        [Metric(Double(statistics.cacheHits))]),
      .counter(
        "lynx_cache_misses_total", "Redirects for which the database was asked.",
        [Metric(Double(statistics.cacheMisses))]),
      .counter(
        "lynx_cache_lookup_errors_total", "Of these, ones that the database could not answer.",
        [Metric(Double(statistics.lookupErrors))]),
    ]
  }

  private static func name(_ end: ConnectionEnd) -> String {
    switch end {
    case .client: "client"
    case .answered: "answered"
    case .refused: "refused"
    case .idle: "idle"
    case .slowRequest: "slow_request"
    case .slowReader: "slow_reader"
    case .failed: "failed"
    case .stopped: "stopped"
    }
  }

  private var cacheFamilies: [MetricFamily] {
    let counts = cache.counts
    return [
      .gauge(
        "lynx_cache_entries", "What the cache knows of: links, and codes that have none.",
        [
          Metric(Double(counts.links), labels: [("kind", "link")]),
          Metric(Double(counts.absent), labels: [("kind", "absent")]),
        ]),
      .gauge(
        "lynx_cache_reserved_bytes", "The most memory that the cache can take.",
        [Metric(Double(cache.reservedBytes))]),
    ]
  }

  private var clickFamilies: [MetricFamily] {
    let clicks = journal.statistics
    return [
      .gauge(
        "lynx_clicks_pending", "Clicks that the database has not acknowledged.",
        [Metric(Double(clicks.pendingClicks))]),
      .gauge(
        "lynx_clicks_pending_links", "Links that these are of.",
        [Metric(Double(clicks.pendingLinks))]),
      .counter(
        "lynx_clicks_flushed_total", "Clicks that the database acknowledged.",
        [Metric(Double(clicks.flushedClicks))]),
      .counter(
        "lynx_clicks_recovered_total", "Clicks recovered from processes that ended.",
        [Metric(Double(clicks.recoveredClicks))]),
      .counter(
        "lynx_clicks_lost_total", "Clicks that could not be kept, by cause.",
        [
          Metric(Double(clicks.droppedClicks), labels: [("cause", "no_room")]),
          Metric(Double(clicks.damagedClicks), labels: [("cause", "damaged")]),
        ]),
      .gauge(
        "lynx_clicks_failing", "Whether the database refuses clicks at the moment.",
        [Metric(clicks.lastFailure == nil ? 0 : 1)]),
    ]
  }

  private var feedFamilies: [MetricFamily] {
    let statistics = feed.statistics
    let age = statistics.lastContactNanoseconds.map {
      Double(Clock.monotonicNanoseconds &- $0) / 1e9
    }
    return [
      .gauge(
        "lynx_changes_age_seconds",
        "Time since the database said last what other nodes changed.",
        age.map { [Metric($0)] } ?? []),
      .counter(
        "lynx_changes_failures_total", "Times that it could not.",
        [Metric(Double(statistics.failures))]),
      .counter(
        "lynx_cache_forgotten_total", "Times that the whole cache was forgotten.",
        [Metric(Double(statistics.forgotten))]),
    ]
  }

  private var processFamilies: [MetricFamily] {
    var families: [MetricFamily] = [
      .gauge(
        "lynx_build_info", "The version that runs; always 1.",
        [Metric(1, labels: [("version", version)])]),
      .counter(
        "process_cpu_seconds_total", "CPU time of the process.",
        [Metric(Double(Clock.processCPUNanoseconds) / 1e9)]),
      .gauge(
        "process_start_time_seconds", "When the process started, since 1970.",
        [Metric(startedAt)]),
      .gauge(
        "process_max_fds", "How many files the process may have open.",
        [Metric(Double(Machine.openFileLimit))]),
    ]
    if let usage = Processes.ownUsage {
      families += [
        .gauge(
          "process_resident_memory_bytes", "Memory that is in use.",
          [Metric(Double(usage.residentBytes))]),
        .gauge(
          "process_virtual_memory_bytes", "Memory that is reserved.",
          [Metric(Double(usage.virtualBytes))]),
        .gauge(
          "process_open_fds", "Files that the process has open.",
          [Metric(Double(usage.openFiles))]),
      ]
    }
    return families
  }
}
