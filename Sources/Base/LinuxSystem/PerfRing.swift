internal import CLinuxShims
internal import Glibc

/// The ring one CPU's records are written to by the kernel, read in place.
///
/// Unsafe, and fenced here. The invariant: only bytes between `tail` and the `data_head` last
/// loaded with acquire ordering are read; the kernel does not write there until `data_tail` is
/// moved, and it is moved only by ``consume()``, after which no record handed out before is used.
public final class PerfRing {
  private let base: UnsafeMutableRawPointer
  private let dataOffset: Int
  private let mappedBytes: Int
  /// Size of the data area, a power of two.
  public let capacity: Int
  private var tail: UInt64 = 0
  private var head: UInt64 = 0
  private var pendingBytes = 0
  // Records are at most 64 KiB long (their size is 16 bits): one that wraps is copied here.
  private let straightened: UnsafeMutableRawPointer

  /// A record as the kernel wrote it, header included. Valid until the next call of `consume()`
  /// or `peek()`.
  public struct Record {
    public let type: UInt32
    public let misc: UInt16
    public let bytes: UnsafeRawBufferPointer

    public init(type: UInt32, misc: UInt16, bytes: UnsafeRawBufferPointer) {
      self.type = type
      self.misc = misc
      self.bytes = bytes
    }
  }

  /// Maps a ring of `dataBytes` (a power of two, at least a page) onto an event.
  public init(event: borrowing PerfEvent, dataBytes: Int) throws(SystemCallError) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let descriptor = event.pollDescriptor
    let length = page + dataBytes
    let mapped = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let mapped, mapped != MAP_FAILED else {
      throw SystemCallError(call: "mmap", code: errno, subject: "perf ring of \(dataBytes) bytes")
    }
    base = mapped
    dataOffset = page
    mappedBytes = length
    capacity = dataBytes
    straightened = UnsafeMutableRawPointer.allocate(byteCount: 1 << 16, alignment: 8)
  }

  deinit {
    munmap(base, mappedBytes)
    straightened.deallocate()
  }

  /// Looks how far the kernel has written.
  public func refresh() {
    head = lynx_ring_head(base)
  }

  /// Bytes written and not yet consumed, as of the last `refresh()`.
  public var unread: Int { Int(clamping: head &- tail) }

  /// The oldest record that is not consumed, nil if there is none.
  public func peek() -> Record? {
    let available = head &- tail
    guard available >= 8 else { return nil }
    let mask = UInt64(capacity - 1)
    let data = base + dataOffset
    let offset = Int(tail & mask)
    // Headers are 8 bytes and 8-aligned, so that a header never wraps.
    let type = data.load(fromByteOffset: offset, as: UInt32.self)
    let misc = data.load(fromByteOffset: offset + 4, as: UInt16.self)
    let size = Int(data.load(fromByteOffset: offset + 6, as: UInt16.self))
    guard size >= 8, size <= available else {
      // Not a record: nothing behind it can be found either.
      tail = head
      lynx_ring_set_tail(base, tail)
      return nil
    }
    pendingBytes = size
    if offset + size <= capacity {
      return Record(
        type: type, misc: misc, bytes: UnsafeRawBufferPointer(start: data + offset, count: size))
    }
    let first = capacity - offset
    straightened.copyMemory(from: data + offset, byteCount: first)
    (straightened + first).copyMemory(from: data, byteCount: size - first)
    return Record(
      type: type, misc: misc, bytes: UnsafeRawBufferPointer(start: straightened, count: size))
  }

  /// Shows type and bytes of every record not yet consumed, without consuming any; a record that
  /// wraps is left out.
  public func scan(_ body: (UInt32, UnsafeRawBufferPointer) -> Void) {
    let end = lynx_ring_head(base)
    let data = base + dataOffset
    var position = tail
    while end &- position >= 8 {
      let offset = Int(position & UInt64(capacity - 1))
      let type = data.load(fromByteOffset: offset, as: UInt32.self)
      let size = Int(data.load(fromByteOffset: offset + 6, as: UInt16.self))
      guard size >= 8, size <= end &- position else { return }
      if offset + size <= capacity {
        body(type, UnsafeRawBufferPointer(start: data + offset, count: size))
      }
      position &+= UInt64(size)
    }
  }

  /// Gives the room of the record last peeked at back to the kernel.
  public func consume() {
    tail &+= UInt64(pendingBytes)
    pendingBytes = 0
    lynx_ring_set_tail(base, tail)
  }
}
