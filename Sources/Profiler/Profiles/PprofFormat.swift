import Bytes
import SwiftProtobuf

/// pprof's `profile.proto`, gzip-compressed: what `go tool pprof`, Pyroscope, Parca and speedscope
/// open, and what Lynx keeps.
///
/// What is written and read back is the same profile, with these exceptions:
/// - The default sample type is kept by its type's name: of several types of one name, the first
///   becomes the default.
/// - A default sample type with an empty name becomes the last sample type, as in pprof.
public enum PprofFormat {
  /// The most bytes a compressed profile may expand to: 1 GiB.
  public static let contentLimit = 1 << 30

  /// The artifact: the same profile always gives the same bytes.
  ///
  /// - Throws: `ProfileFormatError` if the profile is invalid (see `Profile.validate()`).
  public static func encode(_ profile: Profile) throws(ProfileFormatError) -> [UInt8] {
    let raw = try encodeUncompressed(profile)
    do {
      return try Gzip.compress(raw)
    } catch {
      throw ProfileFormatError("the profile cannot be compressed: \(error.message)")
    }
  }

  /// The artifact's content before compression.
  public static func encodeUncompressed(
    _ profile: Profile
  ) throws(ProfileFormatError) -> [UInt8] {
    try profile.validate()
    var encoder = PprofEncoder()
    let message = encoder.message(for: profile)
    do {
      return try message.serializedBytes()
    } catch {
      throw ProfileFormatError("the profile is too large for pprof's format: \(error)")
    }
  }

  /// Reads a profile, gzip-compressed or not. Text that is not UTF-8 is repaired with U+FFFD.
  /// Drop and keep expressions, columns and unknown fields are passed over.
  ///
  /// - Throws: `ProfileFormatError` for anything that breaks pprof's rules.
  public static func decode(_ bytes: [UInt8]) throws(ProfileFormatError) -> Profile {
    try decodeUncompressed(try ProfileReader.decompressed(bytes))
  }

  static func decodeUncompressed(_ bytes: [UInt8]) throws(ProfileFormatError) -> Profile {
    guard !bytes.isEmpty else { throw ProfileFormatError("the profile is empty") }
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    let message: PprofProfile
    do {
      message = try PprofProfile(serializedBytes: bytes, options: options)
    } catch let error as BinaryDecodingError {
      throw ProfileFormatError("not a pprof profile, or a damaged one: \(describe(error))")
    } catch {
      throw ProfileFormatError("not a pprof profile, or a damaged one")
    }
    return try PprofDecoder(message).profile(from: message)
  }

  private static func describe(_ error: BinaryDecodingError) -> String {
    switch error {
    case .truncated: "a field goes on past the end"
    case .messageDepthLimit: "messages are nested too deeply"
    default: "its fields are malformed"
    }
  }
}
