/// Texts one behind the other, by their bytes: what many short strings cost less as.
public struct UTF8Texts: Sendable, Hashable {
  private(set) var bytes: [UInt8] = []
  private var ends: [Int] = []

  public init() {}

  public var count: Int { ends.count }

  public mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    ends.append(bytes.count)
  }

  func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

  /// Whether one text comes before another in the order of their bytes.
  public func precedes(_ index: Int, _ other: Int) -> Bool {
    compare(index, bytes.span.extracting(range(other))) < 0
  }

  /// Less than, equal to or greater than 0 as the text comes before, is or comes behind the other.
  public func compare(_ index: Int, _ other: Span<UInt8>) -> Int {
    let range = range(index)
    let length = min(range.count, other.count)
    for offset in 0..<length {
      let difference = Int(bytes[range.lowerBound + offset]) - Int(other[offset])
      if difference != 0 { return difference }
    }
    return range.count - other.count
  }
}
