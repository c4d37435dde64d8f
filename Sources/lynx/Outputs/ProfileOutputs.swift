import FlameGraphs
import Profiles
import Symbols
import Terminal

/// Writes a profile to files: the way `lynx profile` and `lynx render` share.
///
/// The bytes depend on the profile and the picture options only, so that rendering the artifact of
/// a recording again gives the picture it was recorded with.
struct ProfileOutputs {
  var outputs: [ProfileOutput]
  var picture: FlameGraphOptions

  struct Written: Sendable, Equatable {
    var output: ProfileOutput
    var byteCount: Int

    var json: JSONValue {
      [
        "path": .string(output.path), "format": .string(output.format.rawValue),
        "bytes": .integer(Int64(byteCount)),
      ]
    }
  }

  /// Finds out before the work whether all can be written.
  func probe() throws(CommandError) {
    for output in outputs { try OutputFile.probe(output.path) }
  }

  /// Writes all outputs in order, each complete or not at all.
  func write(_ profile: Profile) throws(CommandError) -> [Written] {
    try write { format throws(CommandError) in
      try Self.encode(profile, as: format, picture: picture)
    }
  }

  /// Writes all outputs in order, each complete or not at all.
  func write(
    _ encode: (OutputFormat) throws(CommandError) -> [UInt8]
  ) throws(CommandError) -> [Written] {
    var written: [Written] = []
    for output in outputs {
      let bytes = try encode(output.format)
      try OutputFile.write(bytes, to: output.path)
      written.append(Written(output: output, byteCount: bytes.count))
    }
    return written
  }

  private static func encode(
    _ profile: Profile, as format: OutputFormat, picture: FlameGraphOptions
  ) throws(CommandError) -> [UInt8] {
    do {
      switch format {
      case .svg:
        var picture = picture
        picture.describe = { Demangling.signature($0.systemName) }
        if picture.subtitle == nil { picture.subtitle = origin(of: profile) }
        return FlameGraph(profile: profile, reverse: picture.reverse).svg(picture)
      case .folded: return try FoldedFormat.encode(profile)
      case .txt: return Array(try TopTable(profile).text(limit: nil, style: nil).utf8)
      case .pprof: return try PprofFormat.encode(profile)
      }
    } catch {
      throw CommandError(.failed, "the profile cannot be written as \(format.rawValue): \(error)")
    }
  }

  /// What was recorded and by which event, from the profile's comments; nil if they do not say.
  private static func origin(of profile: Profile) -> String? {
    let parts = ["target: ", "event: "].compactMap { key in
      profile.comments.first { $0.hasPrefix(key) }.map { String($0.dropFirst(key.count)) }
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
