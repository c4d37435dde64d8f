internal import Databases
internal import Links

/// The codes of a group of lookups, byte by byte and in order, so that a row finds its lookups without a
/// string or a hash being made of it.
struct CodeList {
  let texts: UTF8Texts
  /// Positions in ``texts``, in the order of their bytes.
  private let order: [Int32]

  init(_ lookups: [TargetLookup]) {
    var texts = UTF8Texts()
    // PostgreSQL holds no NUL and would refuse the whole group; no link has the empty code either.
    func append(_ code: String) { texts.append(code.utf8.contains(0) ? "" : code) }
    for lookup in lookups {
      switch lookup.question {
      case .one(let code, _): append(code)
      case .many(let codes, _): for code in codes { append(code) }
      }
    }
    self.texts = texts
    order = (0..<Int32(clamping: texts.count)).sorted { texts.precedes(Int($0), Int($1)) }
  }

  var count: Int { texts.count }

  /// Calls `body` with each position that has this code. Complexity: O(log count) comparisons.
  func forEachPosition(of code: Span<UInt8>, _ body: (Int) -> Void) {
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      if texts.compare(Int(order[middle]), code) < 0 { low = middle + 1 } else { high = middle }
    }
    while low < order.count, texts.compare(Int(order[low]), code) == 0 {
      body(Int(order[low]))
      low += 1
    }
  }

  /// Answers lookups from what their codes, one behind the other, lead to.
  func answer(_ lookups: [TargetLookup], _ targets: [Target?]) {
    var position = 0
    for lookup in lookups {
      switch lookup.question {
      case .one(_, let answer): answer(.success(targets[position]))
      case .many(let codes, let answer):
        answer(.success(Array(targets[position..<position + codes.count])))
      }
      position += lookup.codeCount
    }
  }
}
