import Bytes

/// The file formats of profiles.
public enum ProfileFormat: Sendable, Hashable, CaseIterable {
  case pprof
  case folded

  /// What people call it.
  public var name: String {
    switch self {
    case .pprof: "pprof"
    case .folded: "folded stacks"
    }
  }
}

/// Reads a profile of any supported format, found out from the content alone.
public enum ProfileReader {
  /// - Parameter bytes: a whole file, gzip-compressed or not.
  /// - Throws: `ProfileFormatError`, which for a file of another kind says what it looks like and
  ///   what would be accepted.
  public static func decode(
    _ bytes: [UInt8]
  ) throws(ProfileFormatError) -> (profile: Profile, format: ProfileFormat) {
    let content = try decompressed(bytes)
    switch try ContentType(content) {
    case .profile(.pprof): return (try PprofFormat.decodeUncompressed(content), .pprof)
    case .profile(.folded): return (try FoldedFormat.decodeUncompressed(content), .folded)
    case .foreign(let kind):
      throw ProfileFormatError("the input looks like \(kind), not a profile; \(accepted)")
    case .unknown:
      throw ProfileFormatError("the input is not a profile; \(accepted)")
    }
  }

  private static var accepted: String {
    let names = ProfileFormat.allCases.map(\.name).joined(separator: ", ")
    return "accepted are \(names), also gzip-compressed"
  }

  static func decompressed(_ bytes: [UInt8]) throws(ProfileFormatError) -> [UInt8] {
    guard Gzip.isGzip(bytes) else { return bytes }
    do {
      return try Gzip.decompress(bytes, limit: PprofFormat.contentLimit)
    } catch {
      throw ProfileFormatError(error.message, offset: error.offset)
    }
  }
}
