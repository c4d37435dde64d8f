internal import Profiles

/// What the picture tells about a symbol besides its name, worked out once for each.
///
/// When functions of one name were merged, such as specialisations, the first in order stands for
/// them and the number of the others is told.
struct Tooltips {
  private(set) var details: [[UInt8]] = []

  /// The lines below the first of each symbol's tooltip, each begun by a line feed: the full
  /// signature, the module, the file with the line. The root has none.
  init(_ graph: FlameGraph, describe: ((Profile.Function) -> String?)?) {
    details.reserveCapacity(graph.symbols.count)
    for symbol in graph.symbols {
      var signatures: Set<String> = []
      var modules: Set<String> = []
      var lines: [String: Int64] = [:]
      for place in symbol.places {
        if let mapping = place.mapping { modules.insert(graph.mappings[mapping].fileName) }
        guard let function = place.function.map({ graph.functions[$0] }) else { continue }
        if let signature = describe?(function) { signatures.insert(signature) }
        if !function.fileName.isEmpty {
          let known = lines[function.fileName] ?? 0
          let line = known == 0 || place.line == 0 ? max(known, place.line) : min(known, place.line)
          lines[function.fileName] = line
        }
      }
      let files = lines.map { $0.value > 0 ? "\($0.key):\($0.value)" : $0.key }
      var text: [UInt8] = []
      for facts in [Array(signatures), Array(modules), files] {
        Self.append(facts.map(CleanText.bytes).filter { $0 != symbol.name }, to: &text)
      }
      details.append(text)
    }
  }

  private static func append(_ facts: [[UInt8]], to text: inout [UInt8]) {
    guard let first = facts.min(by: { $0.lexicographicallyPrecedes($1) }), !first.isEmpty else {
      return
    }
    text.append(UInt8(ascii: "\n"))
    text.append(contentsOf: first)
    if facts.count > 1 {
      text.append(" (and ")
      text.append(grouped: facts.count - 1)
      text.append(" more)")
    }
  }
}
