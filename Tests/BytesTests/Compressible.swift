import TestSupport

/// Bytes of twenty words, as compressors like them.
func compressible(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
  let words = (0..<20).map { _ in generator.bytes(7) }
  var bytes: [UInt8] = []
  while bytes.count < count { bytes += words.randomElement(using: &generator) ?? [1] }
  return Array(bytes.prefix(count))
}
