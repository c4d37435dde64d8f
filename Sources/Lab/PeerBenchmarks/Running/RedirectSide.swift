import Terminal

/// One server's figures under load.
struct RedirectSide {
  let kind: RedirectPeer.Kind
  let connections: Int
  let threads: Int
  var cost: Series
  var rate: Series
  var bytes: Series
  var command: [String] = []

  init(_ kind: RedirectPeer.Kind, connections: Int, threads: Int = 1) {
    self.kind = kind
    self.connections = connections
    self.threads = threads
    let name =
      "\(kind.rawValue)\(threads == 1 ? "" : ", \(threads) threads"), \(connections) connections"
    cost = Series("\(name): CPU time a request", .nanoseconds)
    rate = Series("\(name): requests a second", .perSecond)
    bytes = Series("\(name): bytes an answer", .count)
  }

  var series: [Series] { [cost, rate, bytes] }

  mutating func measure(
    _ bench: Bench, _ load: RedirectLoad, _ database: String, _ seconds: Int, _ pair: Int
  ) throws(CommandError) {
    let peer = try RedirectPeer(kind, bench, database: database, threads: threads)
    command = peer.command
    // Long enough for every request of the list, in the order of which wrk asks.
    _ = try load.run(peer.port, connections: connections, seconds: 3)
    let before = try peer.cpuSeconds()
    let outcome = try load.run(peer.port, connections: connections, seconds: seconds)
    let spent = try peer.cpuSeconds() - before
    try peer.stop()
    cost.set(spent / outcome.requests * 1e9, pair: pair)
    rate.set(outcome.perSecond, pair: pair)
    bytes.set(outcome.bytesPerAnswer, pair: pair)
  }
}
