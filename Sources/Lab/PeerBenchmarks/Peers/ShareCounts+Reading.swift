import Profiles
import Terminal

extension ShareCounts {
  /// Counts from Lynx's artifact.
  mutating func add(artifact path: String) throws(CommandError) {
    let profile = try readArtifact(path)
    for sample in profile.samples {
      let names = sample.locations.lazy.flatMap { location in
        profile.locations[location].lines.lazy.map { profile.functions[$0.function].name }
      }
      add(stack: names, Int(sample.values[0]))
    }
  }

  /// Counts from what perf script wrote.
  mutating func add(perfScript path: String) throws(CommandError) {
    _ = try PerfScript(reading: path) { frames in
      add(stack: frames.lazy.map(\.symbol), 1)
    }
  }
}

/// A profile that Lynx wrote.
func readArtifact(_ path: String) throws(CommandError) -> Profile {
  let bytes = try InputFile.read(path)
  do {
    return try ProfileReader.decode(bytes).profile
  } catch {
    throw CommandError(.data, "\(quoted(path)) cannot be read: \(error)")
  }
}
