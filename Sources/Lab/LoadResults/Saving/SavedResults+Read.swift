internal import Bytes
internal import FoundationEssentials
internal import Terminal

extension SavedResults {
  /// Reads what `compressed` wrote, here or by a version of Lynx with the same schema.
  ///
  /// Nothing in the bytes is trusted: sizes are limited, and what contradicts itself is refused.
  public init(reading bytes: [UInt8]) throws(SavedResultsError) {
    guard bytes.count <= Self.mostCompressedBytes else {
      throw SavedResultsError(
        "it is larger than the \(SizeText.approximate(Self.mostCompressedBytes)) that are read")
    }
    let json: [UInt8]
    do {
      json = try Gzip.decompress(bytes, limit: Self.mostBytes)
    } catch {
      throw SavedResultsError("\(error); give a file that lynx bench --save wrote")
    }
    // Foundation would guess at UTF-16 and UTF-32 from zero bytes.
    guard !json.contains(0), String(validating: json, as: UTF8.self) != nil else {
      throw SavedResultsError("its content is not UTF-8; give a file that lynx bench --save wrote")
    }
    let file: SavedFile
    do {
      file = try JSONDecoder().decode(SavedFile.self, from: Data(json))
    } catch {
      throw SavedResultsError(decoding: error)
    }
    self.init(
      version: file.lynx.version, commit: file.lynx.commit, machine: file.machine,
      runs: file.runs.map(\.result))
  }
}

/// The whole file as it is written.
private struct SavedFile: Decodable {
  struct Lynx: Decodable {
    var version: String
    var commit: String
  }

  enum CodingKeys: String, CodingKey { case format, schema, lynx, machine, runs }

  var lynx: Lynx
  var machine: [String: String]
  var runs: [SavedRun]

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    guard try members.decode(String.self, forKey: .format) == SavedResults.format else {
      throw SavedResultsError(
        "its format is not \(quoted(SavedResults.format)); give a file that lynx bench --save wrote"
      )
    }
    let schema = try members.decode(Int.self, forKey: .schema)
    guard (1...SavedResults.schema).contains(schema) else {
      throw SavedResultsError(
        "its schema is \(schema), and this lynx reads schemas up to \(SavedResults.schema); "
          + "read it with the lynx that wrote it, or a newer one")
    }
    lynx = try members.decode(Lynx.self, forKey: .lynx)
    machine = try members.decode([String: String].self, forKey: .machine)
    var list = try members.nestedUnkeyedContainer(forKey: .runs)
    runs = []
    while !list.isAtEnd {
      guard runs.count < SavedResults.mostRuns else {
        throw SavedResultsError("it has more than the \(SavedResults.mostRuns) runs that are read")
      }
      runs.append(try list.decode(SavedRun.self))
    }
  }
}

extension SavedResultsError {
  /// What a decoder found, with its place.
  fileprivate init(decoding error: any Error) {
    switch error {
    case let error as SavedResultsError: self = error
    case DecodingError.keyNotFound(let key, let context):
      self.init("\(Self.place(context.codingPath + [key])) is missing")
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      self.init("\(Self.place(context.codingPath)) is not of its kind")
    case DecodingError.dataCorrupted(let context):
      let place = Self.place(context.codingPath)
      let problem = context.codingPath.isEmpty ? "not JSON" : context.debugDescription
      let cause = context.underlyingError.map { ": \($0)" } ?? ""
      self.init(printable("\(place) is not what it should be: \(problem)\(cause)"))
    default: self.init(printable("its content is not understood: \(error)"))
    }
  }

  /// `runs[2].latency_histogram.buckets[17]`.
  static func place(_ path: [any CodingKey]) -> String {
    var text = ""
    for key in path {
      if let index = key.intValue, key.stringValue.hasPrefix("Index ") {
        text += "[\(index)]"
      } else {
        text += (text.isEmpty ? "" : ".") + key.stringValue
      }
    }
    return text.isEmpty ? "its content" : quoted(cut(text, toWidth: 200))
  }
}
