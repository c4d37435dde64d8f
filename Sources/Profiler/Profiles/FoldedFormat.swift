/// Folded (collapsed) stacks, the text that Brendan Gregg's FlameGraph introduced: one stack a
/// line, root first, and how often it was seen.
///
///     main;serve;write 123
///
/// The count is what follows the last space. An ending of a name says what kind of code it is, and
/// is not part of the name: `_[k]` kernel, `_[j]` compiled at run time (both become the location's
/// mapping), `_[i]` inlined into the frame before it. `_[w]` (a waker's stack) stays in the name,
/// as without it two stacks would seem to be one.
public enum FoldedFormat {
  /// The mapping of frames that end in `_[k]`.
  public static let kernelMapping = "[kernel.kallsyms]"
  /// The mapping of frames that end in `_[j]`.
  public static let jitMapping = "[jit]"

  /// Reads folded stacks, gzip-compressed or not. The sample type is `samples` in `count`; equal
  /// stacks become one sample, a frame without a name is called `[unknown]`, and what is not UTF-8
  /// is repaired with U+FFFD. Blank lines are passed over, lines may end in CR LF.
  ///
  /// - Throws: `ProfileFormatError` with the line for a count that is missing, not whole or does
  ///   not fit, for a file of differences (two counts on every line), and if there is no stack.
  public static func decode(_ bytes: [UInt8]) throws(ProfileFormatError) -> Profile {
    try decodeUncompressed(try ProfileReader.decompressed(bytes))
  }

  static func decodeUncompressed(_ bytes: [UInt8]) throws(ProfileFormatError) -> Profile {
    var decoder = FoldedDecoder()
    try decoder.read(bytes.span)
    return try decoder.profile()
  }

  /// Writes one line for each different stack, sorted by the names from the root on, inlined calls
  /// as frames of their own. Stacks whose values sum up to 0 are left out, and so are labels.
  ///
  /// Names are written as they are in every other format, except that `;` becomes `:`, control
  /// characters become spaces, an empty name `[unknown]`, and the space before a number that ends
  /// a name `_` (as two numbers after each other mean a file of differences).
  ///
  /// - Parameters:
  ///   - sampleType: index into `Profile.sampleTypes`; nil for the profile's default.
  ///   - annotated: whether names get the endings `_[k]`, `_[j]` and `_[i]`.
  /// - Throws: `ProfileFormatError` if the profile is invalid, has no such sample type, or a
  ///   stack's values add up to more than fits.
  public static func encode(
    _ profile: Profile, sampleType: Int? = nil, annotated: Bool = false
  ) throws(ProfileFormatError) -> [UInt8] {
    try FoldedEncoder(profile, annotated: annotated).encode(sampleType: sampleType)
  }
}

/// The kinds of code that the ending of a name tells apart.
enum FoldedAnnotation: UInt8 {
  case kernel = 0x6b  // k
  case jit = 0x6a  // j
  case inlined = 0x69  // i

  /// How many bytes an ending has.
  static let length = 4

  /// The ending of a name, if it is one of these.
  init?(endOf name: Span<UInt8>) {
    let count = name.count
    guard count >= Self.length, name[count - 4] == UInt8(ascii: "_"),
      name[count - 3] == UInt8(ascii: "["), name[count - 1] == UInt8(ascii: "]")
    else { return nil }
    self.init(rawValue: name[count - 2])
  }

  var ending: String { "_[\(Character(Unicode.Scalar(rawValue)))]" }
}
