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

  /// What is in place, and why the rest is not.
  struct Outcome {
    var written: [Written] = []
    var failure: CommandError?

    func get() throws(CommandError) -> [Written] {
      if let failure { throw failure }
      return written
    }
  }

  /// Writes all outputs that can be written, in order, each complete or not at all: where a disk has no room for a
  /// picture it may have some for the recording, from which it can be drawn again.
  func write(_ profile: Profile) -> Outcome {
    var outcome = write { format throws(CommandError) in
      try Self.encode(profile, as: format, picture: picture)
    }
    let kept = outcome.written.first { $0.output.format == .pprof && $0.output.path != "-" }
    if let path = kept?.output.path {
      outcome.failure?.message += "; what was recorded is in \(quoted(path))"
    }
    return outcome
  }

  /// Writes all outputs that can be written, in order, each complete or not at all.
  func write(_ encode: (OutputFormat) throws(CommandError) -> [UInt8]) -> Outcome {
    var outcome = Outcome()
    for output in outputs {
      do throws(CommandError) {
        let bytes = try encode(output.format)
        try OutputFile.write(bytes, to: output.path)
        outcome.written.append(Written(output: output, byteCount: bytes.count))
      } catch {
        outcome.failure = outcome.failure ?? error
      }
    }
    return outcome
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
