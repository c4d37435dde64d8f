import FlameGraphs
import Profiles

// Stands in for Profiles and FlameGraphs until they are merged.

enum ProfileFormat: Sendable {
  case pprof, folded
  var name: String { "\(self)" }
}
struct ProfileFormatError: Error, CustomStringConvertible {
  var message: String
  init(_ message: String) { self.message = message }
  var description: String { message }
}
enum PprofFormat {
  static func encode(_ profile: Profile) throws(ProfileFormatError) -> [UInt8] { [] }
}
enum FoldedFormat {
  static func encode(_ profile: Profile, sampleType: Int? = nil) throws(ProfileFormatError)
    -> [UInt8]
  { [] }
}
enum ProfileReader {
  static func decode(
    _ bytes: [UInt8]
  ) throws(ProfileFormatError) -> (profile: Profile, format: ProfileFormat) {
    throw ProfileFormatError("nothing can be read yet")
  }
}
struct TopFunctions {
  struct Row {
    var name: String
    var selfValue: Int64
    var totalValue: Int64
  }
  var sampleType: Profile.ValueType
  var total: Int64
  var rows: [Row]
  init(profile: Profile, sampleType: Int? = nil) throws(ProfileFormatError) {
    self.sampleType = .init(type: "samples", unit: "count")
    total = 0
    rows = []
  }
}
struct FlameGraphOptions: Sendable {
  enum Palette: String, Sendable, CaseIterable { case language, hot }
  var title: String
  var subtitle: String?
  var width: Int?
  var inverted: Bool
  var reverse: Bool
  var minWidth: Double
  var palette: Palette
  var search: String?
}
struct FlameGraph {
  init(profile: Profile, sampleType: Int? = nil, reverse: Bool) {}
  func svg(_ options: FlameGraphOptions) -> [UInt8] { [] }
}
