internal import FoundationEssentials
internal import Terminal

/// What was found out about a run and its changes, kept beside it so that a history of many runs need
/// not be read and compared whole each time.
///
/// Whoever reads it trusts nothing but that it belongs to the files it was made of.
struct RunRecord: Codable, Equatable {
  /// Higher when something else is found out, or in another way.
  static let schema = 1
  private static let longest = 1 << 20

  var schema = Self.schema
  var artifact: FilePrint
  var bench: FilePrint?
  var figures: RunFigures
  var previous: Previous?

  /// The run before.
  struct Previous: Codable, Equatable {
    var stem: String
    var artifact: FilePrint
    /// Nil if the two cannot be compared.
    var changes: RunChanges?
    /// Why not.
    var reason: String?
  }

  /// The record in a file; nil if there is none, or nothing that one could go by.
  static func read(_ path: String) -> RunRecord? {
    guard RegularFile.size(path) != nil,
      let bytes = try? InputFile.read(path, limit: longest),
      let record = try? JSONDecoder().decode(RunRecord.self, from: Data(bytes)),
      record.schema == schema, record.previous?.changes?.isSound ?? true
    else { return nil }
    return record
  }

  func write(to path: String) throws(CommandError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let bytes: [UInt8]
    do {
      bytes = Array(try encoder.encode(self))
    } catch {
      throw CommandError(.failed, "what is known of a run cannot be kept: \(error)")
    }
    try OutputFile.write(bytes + [UInt8(ascii: "\n")], to: path)
  }
}

/// What tells one gzip file from another without reading it: its size and its last bytes, which are
/// checksum and size of the content (RFC 1952, section 2.3.1).
struct FilePrint: Codable, Equatable {
  var size: Int64
  var end: String

  init?(_ path: String) {
    guard let size = RegularFile.size(path), let end = RegularFile.end(path, count: 8) else {
      return nil
    }
    self.size = size
    self.end = end.map { String($0, radix: 16) }.joined(separator: ".")
  }
}
