import LoadResults
import TestSupport

/// Latencies over all magnitudes, an hour and more included.
func anyLatencies(_ count: Int, _ generator: inout SeededGenerator) -> [UInt64] {
  let magnitude = Double.random(in: 0...13, using: &generator)
  let spread = Double.random(in: 0...3, using: &generator)
  return (0..<count).map { _ in
    let exponent = magnitude + Double.random(in: -spread...spread, using: &generator)
    return UInt64(min(max(exponentOfTen(exponent), 0), 1e15))
  }
}

private func exponentOfTen(_ exponent: Double) -> Double {
  // Without a mathematics library: 10^x by repeated square roots of the fraction's bits.
  var result = 1.0
  var whole = exponent.rounded(.down)
  var fraction = exponent - whole
  while whole > 0 {
    result *= 10
    whole -= 1
  }
  while whole < 0 {
    result /= 10
    whole += 1
  }
  var root = 10.0
  for _ in 0..<30 {
    root = root.squareRoot()
    fraction *= 2
    if fraction >= 1 {
      result *= root
      fraction -= 1
    }
  }
  return result
}

func histogram(of latencies: some Sequence<UInt64>) -> LatencyHistogram {
  var histogram = LatencyHistogram()
  for latency in latencies { histogram.record(nanoseconds: latency) }
  return histogram
}

private let words = [
  "redirect-hot", "create", "", "a name as long as nobody would type it, of sixty columns and more",
  "\u{1B}[2Jwipes", "漢字 wide", "\"quoted\" \\ and\nlines", "{\"json\":1}",
]

func anyHistogram(_ generator: inout SeededGenerator) -> LatencyHistogram {
  histogram(of: anyLatencies(Int.random(in: 0...800, using: &generator), &generator))
}

/// A run with anything a run can have.
func anyResult(_ generator: inout SeededGenerator) -> LoadResult {
  func count() -> Int {
    Int.random(in: 0...(1 << Int.random(in: 0...50, using: &generator)), using: &generator)
  }
  func amount() -> Double { Double.random(in: 0...1e6, using: &generator) }
  func some(_ value: Double) -> Double? { Bool.random(using: &generator) ? value : nil }
  var statuses: [Int: Int] = [:]
  for _ in 0..<Int.random(in: 0...12, using: &generator) {
    statuses[Int.random(in: 100...599, using: &generator)] = count()
  }
  let hasErrors = Bool.random(using: &generator)
  let isOpen = Bool.random(using: &generator)
  return LoadResult(
    name: words.randomElement(using: &generator) ?? "",
    url: "http://ann:hidden@127.0.0.1:3000/" + (words.randomElement(using: &generator) ?? ""),
    threads: count(), connections: count(), pipeline: Int.random(in: 1...9, using: &generator),
    rate: isOpen ? amount() : nil, startedAt: amount(), durationSeconds: amount(),
    cpuSeconds: amount(), serverCPUSeconds: some(amount()), requests: count(),
    bytesReceived: count(), latency: anyHistogram(&generator),
    serviceTime: isOpen ? anyHistogram(&generator) : nil, statuses: statuses,
    errors: hasErrors
      ? LoadErrors(
        connect: count(), reset: count(), timeout: count(), malformed: count(),
        unexpectedStatus: count(), unanswered: count()) : LoadErrors(),
    schedule: isOpen
      ? ScheduleResult(
        scheduled: count(), lateStarts: count(), largestDelaySeconds: amount()) : nil,
    notes: (0..<Int.random(in: 0...3, using: &generator)).map { _ in
      words.randomElement(using: &generator) ?? ""
    })
}
