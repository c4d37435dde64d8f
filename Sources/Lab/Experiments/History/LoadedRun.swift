internal import Bytes
internal import LoadResults
internal import Profiles
internal import Terminal

/// Why a file is passed over: a part of a sentence.
struct RunProblem: Error {
  var reason: String

  init(_ reason: String) { self.reason = reason }
}

/// A run's recording, read when it is asked for, once.
struct LoadedRun {
  private var loaded: CountedProfile?

  /// Recordings take some tens of kilobytes; larger files are refused, as are those that would fill the memory.
  private static let mostCompressedBytes = 16 << 20
  private static let mostBytes = 64 << 20

  mutating func profile(_ path: String) throws(RunProblem) -> CountedProfile {
    if let loaded { return loaded }
    let bytes = try Self.read(path)
    do {
      let content = Gzip.isGzip(bytes) ? try Gzip.decompress(bytes, limit: Self.mostBytes) : bytes
      if Gzip.isGzip(content) { throw RunProblem("it is compressed twice") }
      let profile = try CountedProfile(try PprofFormat.decode(content))
      loaded = profile
      return profile
    } catch {
      throw (error as? RunProblem) ?? RunProblem("\(error)")
    }
  }

  /// What `lynx bench --save` writes, the first run of it.
  static func load(_ path: String) throws(RunProblem) -> RunFigures.Load {
    let results: SavedResults
    let bytes = try read(path)
    do throws(SavedResultsError) {
      results = try SavedResults(reading: bytes)
    } catch {
      throw RunProblem(error.message)
    }
    guard let run = results.runs.first else { throw RunProblem("it has no runs") }
    return RunFigures.Load(run, machine: results.machine)
  }

  private static func read(_ path: String) throws(RunProblem) -> [UInt8] {
    guard let size = RegularFile.size(path) else { throw RunProblem("it is no file") }
    guard size <= Int64(mostCompressedBytes) else {
      throw RunProblem(
        "it is larger than the \(SizeText.approximate(mostCompressedBytes)) that are read")
    }
    do throws(CommandError) {
      return try InputFile.read(path, limit: mostCompressedBytes)
    } catch {
      throw RunProblem(error.message)
    }
  }
}
