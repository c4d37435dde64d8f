internal import Unwinding

/// Distinct stacks as a tree from the outermost frame: what stacks have in common is kept once.
struct StackTable {
  /// A frame and all that called it.
  typealias Node = Int32
  static let root: Node = 0
  private(set) var parents: [Node] = [-1]
  private(set) var places: [CodeAddress] = [CodeAddress(module: nil, address: 0)]
  private var slots: [Node] = Array(repeating: -1, count: 1 << 12)

  /// The node of a stack given innermost first. Amortised O(length).
  mutating func node(of stack: [CodeAddress]) -> Node {
    var node = Self.root
    for place in stack.reversed() { node = child(of: node, at: place) }
    return node
  }

  /// The places of a node's stack, innermost first.
  func stack(of node: Node) -> [CodeAddress] {
    var stack: [CodeAddress] = []
    var current = node
    while current > 0 {
      stack.append(places[Int(current)])
      current = parents[Int(current)]
    }
    return stack
  }

  /// The outermost place of a node's stack, nil for the empty stack.
  func outermost(of node: Node) -> CodeAddress? {
    var current = node
    while current > 0 {
      let parent = parents[Int(current)]
      if parent == Self.root { return places[Int(current)] }
      current = parent
    }
    return nil
  }

  /// The node of a frame called from the one of `parent`.
  mutating func child(of parent: Node, at place: CodeAddress) -> Node {
    var slot = slot(parent, place)
    while slots[slot] >= 0 {
      let node = Int(slots[slot])
      if parents[node] == parent, places[node] == place { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    if parents.count * 2 >= slots.count {
      grow()
      slot = self.slot(parent, place)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
    }
    let node = Node(parents.count)
    parents.append(parent)
    places.append(place)
    slots[slot] = node
    return node
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: slots.count * 2)
    for node in 1..<parents.count {
      var slot = slot(parents[node], places[node])
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Node(node)
    }
  }

  private func slot(_ parent: Node, _ place: CodeAddress) -> Int {
    let mixed =
      (place.rawValue ^ UInt64(UInt32(bitPattern: parent)) &* 0xff51_afd7_ed55_8ccd)
      &* 0x9e37_79b9_7f4a_7c15
    return Int(mixed >> 32) & (slots.count - 1)
  }
}
