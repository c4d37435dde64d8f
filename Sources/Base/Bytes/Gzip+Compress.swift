import CZlib

extension Gzip {
  /// One gzip member. The same bytes and level give the same result anywhere with the same zlib:
  /// no time stamp, no file name, the operating system "unknown".
  ///
  /// - Parameter level: from 0 (stored) to 9 (smallest).
  /// - Throws: `ByteError` for a level out of range or when there is no memory.
  public static func compress(_ bytes: [UInt8], level: Int = 6) throws(ByteError) -> [UInt8] {
    guard (0...9).contains(level) else {
      throw ByteError("gzip level \(level) is not in 0...9", offset: 0)
    }
    let stream = ZlibStream()
    defer { stream.free() }
    var header = gz_header()
    header.os = 255
    return try withUnsafeMutablePointer(to: &header) { header throws(ByteError) in
      // 15 bits of window, 16 for the gzip header; 8 is the default amount of memory.
      let status = deflateInit2_(
        stream.pointer, Int32(level), Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        ZlibStream.size)
      guard status == Z_OK else { throw stream.error("gzip cannot begin", status, offset: 0) }
      defer { deflateEnd(stream.pointer) }
      deflateSetHeader(stream.pointer, header)

      var output: [UInt8] = []
      var consumed = 0
      while true {
        let step = stream.step(bytes, from: consumed, into: &output) { stream, isLast in
          deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
        }
        consumed += step.consumed
        if step.status == Z_STREAM_END { return output }
        guard step.status == Z_OK else {
          throw stream.error("gzip failed", step.status, offset: consumed)
        }
      }
    }
  }
}
