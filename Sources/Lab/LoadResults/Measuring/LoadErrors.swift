/// Requests that did not get the answer they should have, by what went wrong.
public struct LoadErrors: Sendable, Equatable {
  /// Connections that could not be made.
  public var connect: Int
  /// Connections that ended, or could not be written to or read from, with a request under way.
  public var reset: Int
  /// Answers that did not come in time.
  public var timeout: Int
  /// Answers that are not HTTP.
  public var malformed: Int
  /// Answers with another status, or another place to go to, than expected.
  public var unexpectedStatus: Int
  /// Requests without an answer when the time was over.
  public var unanswered: Int

  public init(
    connect: Int = 0, reset: Int = 0, timeout: Int = 0, malformed: Int = 0,
    unexpectedStatus: Int = 0, unanswered: Int = 0
  ) {
    self.connect = connect
    self.reset = reset
    self.timeout = timeout
    self.malformed = malformed
    self.unexpectedStatus = unexpectedStatus
    self.unanswered = unanswered
  }

  /// All of them; no more than can be counted.
  public var total: Int {
    kinds.reduce(0) { sum, kind in
      let (total, overflow) = sum.addingReportingOverflow(kind.count)
      return overflow ? .max : total
    }
  }

  /// Counts those of `other` as well.
  public mutating func merge(_ other: LoadErrors) {
    connect &+= other.connect
    reset &+= other.reset
    timeout &+= other.timeout
    malformed &+= other.malformed
    unexpectedStatus &+= other.unexpectedStatus
    unanswered &+= other.unanswered
  }

  /// Each kind with its name in JSON and what a person calls it.
  var kinds: [(name: String, text: String, count: Int)] {
    [
      ("connect", "connections not made", connect),
      ("reset", "connections lost", reset),
      ("timeout", "timeouts", timeout),
      ("malformed", "malformed answers", malformed),
      ("unexpected_status", "unexpected answers", unexpectedStatus),
      ("unanswered", "unanswered at the end", unanswered),
    ]
  }
}
