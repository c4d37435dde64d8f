/// Connections in the order in which they sent, to guess which is answered next.
///
/// Servers mostly answer in the order in which they were asked. Reading from the connection that should be
/// next spares asking the kernel which one is, as long as the guesses are right; when they are not, guessing
/// is given up for a while.
struct AnswerGuesses {
  struct Guess: Equatable {
    var number: Int
    var token: UInt64
  }

  private var ring: ContiguousArray<Guess>
  private var first = 0
  private var count = 0
  /// How many more guesses may be made in this turn.
  private var left = 0
  /// How well it goes.
  private var credit = mostCredit
  /// Turns without guesses that are left.
  private var pause = 0

  /// Others have to be heard as well.
  private static let mostInTurn = 64
  private static let mostCredit = 16
  private static let pauseLength = 256

  /// - Parameter capacity: how many guesses are remembered; older ones are forgotten, so that one slow
  ///   answer does not stop the guessing.
  init(capacity: Int) {
    ring = ContiguousArray(repeating: Guess(number: 0, token: 0), count: max(0, capacity))
  }

  @inline(__always)
  mutating func add(_ number: Int, _ token: UInt64) {
    if ring.isEmpty || pause > 0 { return }
    if count == ring.count { drop() }
    var index = first &+ count
    if index >= ring.count { index &-= ring.count }
    ring[index] = Guess(number: number, token: token)
    count &+= 1
  }

  /// Begins a turn.
  @inline(__always)
  mutating func begin() {
    left = Self.mostInTurn
    guard pause > 0 else { return }
    pause &-= 1
    if pause == 0 { credit = Self.mostCredit / 2 }
  }

  /// Who should be next; nil if that is not to be guessed.
  @inline(__always)
  mutating func next() -> Guess? {
    guard left > 0, count > 0, pause == 0 else { return nil }
    left &-= 1
    let guess = ring[first]
    drop()
    if credit < Self.mostCredit { credit &+= 1 }
    return guess
  }

  /// It was not that one, which may still be the next.
  @inline(__always)
  mutating func putBack(_ guess: Guess) {
    first = first == 0 ? ring.count &- 1 : first &- 1
    ring[first] = guess
    count &+= 1
    credit &-= 3
    if credit <= 0 {
      pause = Self.pauseLength
      count = 0
    }
  }

  @inline(__always)
  private mutating func drop() {
    first = first &+ 1 == ring.count ? 0 : first &+ 1
    count &-= 1
  }
}
