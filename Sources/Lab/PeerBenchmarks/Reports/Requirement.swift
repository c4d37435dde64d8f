import LoadResults
import Terminal

/// What must hold, and whether it did.
struct Requirement {
  enum Verdict: String {
    case holds, missed
    /// Too few runs to say.
    case undecided
  }

  /// What is asked of the figure.
  enum Bound {
    case atMost(Double)
    case atLeast(Double)
  }

  let text: String
  let verdict: Verdict
  /// An aim that is missed is told, but is no failure.
  var isAim = false

  init(_ text: String, _ verdict: Verdict, isAim: Bool = false) {
    self.text = text
    self.verdict = verdict
    self.isAim = isAim
  }

  /// Holds if the whole 95 % interval of the median does.
  init(_ text: String, _ distribution: Distribution, _ bound: Bound, isAim: Bool = false) {
    let verdict: Verdict? = distribution.interval95.map { interval in
      switch bound {
      case .atMost(let limit): interval.upperBound <= limit ? .holds : .missed
      case .atLeast(let limit): interval.lowerBound >= limit ? .holds : .missed
      }
    }
    self.init(text, verdict ?? .undecided, isAim: isAim)
  }

  var line: String {
    let word = isAim ? "aim" : "requirement"
    return "\(word): \(text): \(verdict == .undecided ? "too few runs to say" : verdict.rawValue)"
  }

  var json: JSONValue {
    [
      "text": .string(text), "verdict": .string(verdict.rawValue),
      "is_aim": .bool(isAim),
    ]
  }
}
