import FoundationEssentials
import Terminal

/// What `lynx profile --json` says of a recording, as far as it is needed here.
struct LynxSummary: Decodable {
  var samples: Int
  var lost: Int
  var throttled: Int
  var truncatedPercent: Double
  var rootedPercent: Double
  var durationSeconds: Double
  var processingSeconds: Double
  var profilerCpuSeconds: Double
  var peakMemoryBytes: Int64
  var event: String

  init(readingFrom path: String) throws(CommandError) {
    let bytes = try InputFile.read(path)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      self = try decoder.decode(LynxSummary.self, from: Data(bytes))
    } catch {
      throw CommandError(.data, "\(quoted(path)) is not lynx profile's summary: \(error)")
    }
  }
}
