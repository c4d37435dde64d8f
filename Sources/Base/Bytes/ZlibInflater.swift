internal import CDeflate

/// Inflates whole buffers of zlib data (RFC 1950) whose length is known beforehand, such as the sections of debug
/// files: libdeflate, which sees all at once, takes a third of the time zlib's streams take.
public final class ZlibInflater {
  private let decompressor: OpaquePointer

  /// Nil where memory runs out.
  public init?() {
    guard let decompressor = libdeflate_alloc_decompressor() else { return nil }
    self.decompressor = decompressor
  }

  deinit { libdeflate_free_decompressor(decompressor) }

  /// Fills `output` from `input`; false if that is damaged, or becomes another number of bytes. What `output`
  /// holds then is not specified.
  public func inflate(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    // Without the last argument only as many bytes as there is room for are a success.
    libdeflate_zlib_decompress(
      decompressor, input.baseAddress, input.count, output.baseAddress, output.count, nil)
      == LIBDEFLATE_SUCCESS
  }
}
