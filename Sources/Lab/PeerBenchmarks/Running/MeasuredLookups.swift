import LinuxSystem
import Terminal

/// Codes in ``CachedLinks/stride`` bytes each, to be looked up one after the other.
struct MeasuredLookups {
  private let codes: [UInt8]
  private var count: Int { codes.count / CachedLinks.stride }

  init(_ codes: [UInt8]) { self.codes = codes }

  typealias LookUp = (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int?

  /// What a lookup took, on average over all of them; all have to be hits.
  @inline(__always)
  func nanoseconds(
    oneAfterAnother isWaiting: Bool = false, _ lookUp: LookUp
  ) throws(CommandError) -> Double {
    let start = Clock.monotonicNanoseconds
    let misses = misses(isWaiting ? Self.zero() : nil, lookUp)
    let end = Clock.monotonicNanoseconds
    guard misses == 0 else { throw CommandError(.failed, "\(misses) links were not there") }
    return Double(end - start) / Double(count)
  }

  /// How many were not found.
  @inline(__always)
  func misses(_ lookUp: LookUp) -> Int { misses(nil, lookUp) }

  /// - Parameter mask: 0, which the compiler must not know: what it leaves of the last answer is part
  ///   of the next address.
  @inline(__always)
  private func misses(_ mask: Int?, _ lookUp: LookUp) -> Int {
    var misses = 0
    var sum = 0
    codes.withUnsafeBytes { codes in
      withUnsafeTemporaryAllocation(byteCount: 256, alignment: 64) { buffer in
        var last = 0
        for index in 0..<count {
          let start = index &* CachedLinks.stride &+ last
          let length = Int(codes[start &+ CachedLinks.stride &- 1])
          let code = UnsafeRawBufferPointer(rebasing: codes[start..<(start &+ length)])
          guard let found = lookUp(code, buffer) else {
            misses &+= 1
            continue
          }
          sum &+= found &+ Int(buffer[found &- 1])
          if let mask { last = sum & mask }
        }
      }
    }
    // The answers are used: none of the work can be left out.
    return misses &+ (sum & Self.zero())
  }

  /// The clock has a long way to go to its highest bit.
  private static func zero() -> Int { Int(truncatingIfNeeded: Clock.monotonicNanoseconds >> 63) }
}
