/// Draws codes of `[A-Za-z0-9]`, uniformly, and learns from collisions how long they have to be.
///
/// Codes begin with three characters. Of the last 64 draws of the current length it remembers which
/// were taken; once 24 were, codes become one character longer: by then the space of this length is
/// roughly between an eighth and three eighths full, and the next one is 62 times as large. Within one
/// creation, each second collision in a row also makes the next draw one longer, without waiting for
/// that. A space a share f full costs 1 / (1 − f) draws, so that about 4/3 are the most to expect in
/// the long run; and from a fresh start on spaces that are all full up to length n, a creation needs
/// at most 2 (n − 2) + 1 draws. Nothing is kept over a restart: learning again costs 24 collisions a
/// length.
public struct CodeGenerator: Sendable {
  public static let minimumLength = 3
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

  /// Characters of the next code, before collisions of its own creation.
  public private(set) var length = CodeGenerator.minimumLength
  private let maximumLength: Int
  /// One bit a draw of this length, the latest lowest: whether the code was taken.
  private var recent: UInt64 = 0

  public init(maximumLength: Int = ShortCode.defaultMaximumLength) {
    self.maximumLength = max(Self.minimumLength, maximumLength)
  }

  /// A code to try; `collisions` is how many draws of this creation were taken before.
  public func draw(
    collisions: Int = 0, using generator: inout some RandomNumberGenerator
  ) -> ShortCode {
    let wanted = min(maximumLength, length + min(maximumLength, max(0, collisions)) / 2)
    var text: [UInt8] = []
    text.reserveCapacity(wanted)
    var bits: UInt64 = 0
    var left = 0
    while text.count < wanted {
      if left == 0 {
        bits = generator.next()
        left = 10
      }
      // Six bits are a number below 64; the two that have no letter are drawn again, for a
      // remainder would favour the first letters.
      let index = Int(bits & 63)
      bits >>= 6
      left -= 1
      if index < Self.alphabet.count { text.append(Self.alphabet[index]) }
    }
    return ShortCode(generated: String(decoding: text, as: UTF8.self))
  }

  /// Takes note of how a drawn code fared. Codes of other lengths than the current one say nothing
  /// about its space.
  public mutating func note(_ code: ShortCode, wasTaken: Bool) {
    guard code.text.utf8.count == length else { return }
    recent = recent << 1 | (wasTaken ? 1 : 0)
    if recent.nonzeroBitCount >= 24, length < maximumLength {
      length += 1
      recent = 0
    }
  }
}
