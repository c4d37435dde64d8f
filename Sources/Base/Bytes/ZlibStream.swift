import CZlib

/// A `z_stream` with a buffer to put its output in.
///
/// Unsafe, in this file only: zlib keeps the address of its stream, so the stream lives on the
/// heap from `init` to `free`, and input and output are lent to it for one call at a time.
struct ZlibStream {
  static let size = Int32(MemoryLayout<z_stream>.size)
  private static let bufferSize = 128 << 10

  let pointer: UnsafeMutablePointer<z_stream>
  private let buffer: UnsafeMutablePointer<UInt8>

  init() {
    pointer = .allocate(capacity: 1)
    pointer.initialize(to: z_stream())
    buffer = .allocate(capacity: Self.bufferSize)
  }

  func free() {
    pointer.deallocate()
    buffer.deallocate()
  }

  /// Lets `work` read `bytes` from `start` on and append what it made to `output`. It is told
  /// whether it sees the last bytes: zlib takes no more than 4 GiB at once.
  func step(
    _ bytes: [UInt8], from start: Int, into output: inout [UInt8],
    work: (UnsafeMutablePointer<z_stream>, _ isLast: Bool) -> Int32
  ) -> (status: Int32, consumed: Int) {
    let length = min(bytes.count - start, 1 << 30)
    let isLast = start + length == bytes.count
    return bytes[start..<start + length].withUnsafeBufferPointer { input in
      // zlib does not write through next_in, its type only lacks the `const`.
      pointer.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      pointer.pointee.avail_in = UInt32(length)
      pointer.pointee.next_out = buffer
      pointer.pointee.avail_out = UInt32(Self.bufferSize)
      let status = work(pointer, isLast)
      let produced = Self.bufferSize - Int(pointer.pointee.avail_out)
      output.append(contentsOf: UnsafeBufferPointer(start: buffer, count: produced))
      return (status, length - Int(pointer.pointee.avail_in))
    }
  }

  func error(_ what: String, _ status: Int32, offset: Int) -> ByteError {
    let reason = pointer.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
    return ByteError("\(what) (\(reason))", offset: offset)
  }
}
