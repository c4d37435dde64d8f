public import Profiles

/// The stacks of a profile merged into a tree, ready to be drawn.
///
/// Two calls are one frame when they have the same callers, name and kind. Whether a call was
/// inlined does not tell frames apart: that is the optimizer's choice, and a function's share
/// should be read in one place; a frame counts as inlined if all of its samples were. Two profiles
/// in one graph are told apart in `change(at:)`; its values are then widths alone.
public struct FlameGraph: Sendable {
  /// The sum of all values; `Int64.max` if it is greater.
  public let total: Int64
  /// The sum of the sample counts that the tooltips tell.
  public let totalCount: Int64
  /// The quantity that widths are proportional to.
  public let sampleType: Profile.ValueType
  /// Whether the stacks were merged from the leaf.
  public let isReversed: Bool
  /// The number of frames in the deepest stack, the root not counted.
  public let depth: Int

  /// In preorder, the root first; children in the order of their names.
  let nodes: [Node]
  /// In the order of name, then kind; the root's is the last.
  let symbols: [Symbol]
  /// Whether samples are counted apart from what the widths show.
  let countsSamples: Bool
  let functions: [Profile.Function]
  let mappings: [Profile.Mapping]
  /// What two profiles counted, if the graph is one of two.
  let difference: Difference?

  /// The number of frames, the root not counted.
  public var frameCount: Int { nodes.count - 1 }

  /// The frame at a position in preorder; 0 is the root, `frameCount` the last.
  public subscript(position: Int) -> Frame {
    let node = nodes[position]
    let symbol = symbols[Int(node.symbol)]
    return Frame(
      name: String(decoding: symbol.name, as: UTF8.self), kind: symbol.kind,
      isInlined: node.isInlined, depth: Int(node.depth), start: node.start, value: node.value,
      selfValue: node.selfValue, count: node.count)
  }

  /// One box of the picture.
  public struct Frame: Sendable, Equatable {
    public let name: String
    public let kind: FrameKind
    public let isInlined: Bool
    /// 0 for the root.
    public let depth: Int
    /// How much of the total lies to the left.
    public let start: Int64
    /// How much of the total is this call and what it called.
    public let value: Int64
    /// How much of the total is this call alone.
    public let selfValue: Int64
    /// How many samples `value` stands for.
    public let count: Int64
  }
}

extension FlameGraph {
  struct Node: Sendable {
    var symbol: UInt32
    var depth: Int32
    var isInlined: Bool
    /// Offsets on the axis of all values, so that they nest even where a sum is saturated.
    var start: Int64
    var end: Int64
    var countStart: Int64
    var countEnd: Int64
    var selfValue: Int64
    var selfCount: Int64

    var value: Int64 { end - start }
    var count: Int64 { countEnd - countStart }
  }

  /// What frames with one name and kind have in common.
  struct Symbol: Sendable {
    /// Clean text.
    var name: [UInt8]
    var kind: FrameKind
    var places: Set<Place>
  }

  /// Where a symbol was met; several when functions of one name were merged.
  struct Place: Hashable, Sendable {
    var function: Int?
    var mapping: Int?
    /// The first line met, 0 if unknown.
    var line: Int64
  }
}
