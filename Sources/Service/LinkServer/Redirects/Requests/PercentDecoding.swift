/// Writes the decoded bytes of a path to `buffer` (RFC 3986, section 2.1); how many, or nil if a `%` is
/// not followed by two hexadecimal digits or `buffer` is too small. What the bytes mean is not looked
/// at: any are allowed in a path, while a code that is no UTF-8 just does not exist.
func percentDecode(
  _ path: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
) -> Int? {
  let bytes = RequestBytes(path)
  var (index, written) = (0, 0)
  while index < bytes.count {
    guard written < buffer.count else { return nil }
    var byte = bytes[index]
    index &+= 1
    if byte == UInt8(ascii: "%") {
      guard let high = BodySkipper.hexValue(bytes[index]),
        let low = BodySkipper.hexValue(bytes[index &+ 1])
      else { return nil }
      byte = UInt8(truncatingIfNeeded: high &* 16 &+ low)
      index &+= 2
    }
    buffer[written] = byte
    written &+= 1
  }
  return written
}
