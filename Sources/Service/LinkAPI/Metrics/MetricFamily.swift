/// Measured values of one kind, as Prometheus and its like collect them.
///
/// Names follow the exposition format (https://prometheus.io/docs/instrumenting/exposition_formats/):
/// characters that it does not allow in a name become `_`.
public struct MetricFamily: Sendable, Equatable {
  public let name: String
  /// A sentence.
  public let help: String
  public let metrics: [Metric]
  let kind: Kind

  enum Kind: String, Sendable { case counter, gauge, histogram }

  /// What only grows while the process lives; by convention the name ends in `_total`.
  public static func counter(_ name: String, _ help: String, _ metrics: [Metric]) -> Self {
    Self(name: name, help: help, metrics: metrics, kind: .counter)
  }

  /// What goes up and down.
  public static func gauge(_ name: String, _ help: String, _ metrics: [Metric]) -> Self {
    Self(name: name, help: help, metrics: metrics, kind: .gauge)
  }

  /// How often values fell into ranges; the name ends in the values' unit.
  public static func histogram(
    _ name: String, _ help: String, _ histograms: [Metric.Histogram]
  ) -> Self {
    Self(
      name: name, help: help,
      metrics: histograms.map { Metric(labels: $0.labels, content: .histogram($0)) },
      kind: .histogram)
  }

  private init(name: String, help: String, metrics: [Metric], kind: Kind) {
    self.name = Self.allowed(name, colons: true)
    self.help = help
    self.metrics = metrics
    self.kind = kind
  }

  static func allowed(_ name: String, colons: Bool) -> String {
    var bytes = name.utf8.map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        byte
      case UInt8(ascii: ":") where colons: byte
      default: UInt8(ascii: "_")
      }
    }
    if bytes.first.map({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) ?? true {
      bytes.insert(UInt8(ascii: "_"), at: 0)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// One value of a ``MetricFamily``, told apart from the others by its labels.
public struct Metric: Sendable, Equatable {
  public typealias Labels = [(name: String, value: String)]

  enum Content: Sendable, Equatable {
    case value(Double)
    case histogram(Histogram)
  }

  let labels: [Label]
  let content: Content

  struct Label: Sendable, Equatable {
    let name: String
    let value: String
  }

  public init(_ value: Double, labels: Labels = []) {
    self.init(labels: Self.labels(labels), content: .value(value))
  }

  init(labels: [Label], content: Content) {
    self.labels = labels
    self.content = content
  }

  fileprivate static func labels(_ labels: Labels) -> [Label] {
    labels.map { Label(name: MetricFamily.allowed($0.name, colons: false), value: $0.value) }
  }

  /// How many values fell into each of some ranges.
  public struct Histogram: Sendable, Equatable {
    let labels: [Label]
    /// The largest value of each range but the last, ascending.
    public let bounds: [Double]
    /// One count a range, not cumulative; the last is of values above all bounds.
    public let counts: [UInt64]
    public let sum: Double

    /// - Parameters:
    ///   - bounds: ascending; what is not above the one before it is left out, its count with it.
    ///   - counts: one more than bounds; missing ones are 0, further ones belong to the last.
    public init(bounds: [Double], counts: [UInt64], sum: Double, labels: Labels = []) {
      var kept: [Double] = []
      var ranges: [UInt64] = []
      var waiting: UInt64 = 0
      for (index, bound) in bounds.enumerated() {
        waiting &+= index < counts.count ? counts[index] : 0
        guard bound.isFinite, kept.last.map({ $0 < bound }) ?? true else { continue }
        kept.append(bound)
        ranges.append(waiting)
        waiting = 0
      }
      self.labels = Metric.labels(labels)
      self.bounds = kept
      self.counts = ranges + [counts.dropFirst(bounds.count).reduce(waiting, &+)]
      self.sum = sum
    }
  }
}
