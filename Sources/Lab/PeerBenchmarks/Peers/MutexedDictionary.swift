import LinkStores
import Links
import Synchronization

/// What one would write otherwise: a dictionary that one thread at a time looks into.
final class MutexedDictionary: Sendable {
  private let targets = Mutex<[String: Target]>([:])

  func install(_ target: Target, for code: String) {
    targets.withLock { $0[code] = target }
  }

  /// The length of the destination, which is copied to the start of `buffer`; nil if there is none.
  @inline(__always)
  func lookUp(
    _ code: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int? {
    let key = String(decoding: code, as: UTF8.self)
    guard var target = targets.withLock({ $0[key] }) else { return nil }
    return target.destination.withUTF8 { text in
      guard text.count <= buffer.count else { return text.count }
      buffer.copyMemory(from: UnsafeRawBufferPointer(text))
      return text.count
    }
  }
}
