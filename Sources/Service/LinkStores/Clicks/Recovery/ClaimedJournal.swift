internal import Links
internal import LinuxSystem

/// The journal of a process that ended, claimed by this one: its lock is held as long as this lives.
final class ClaimedJournal: Sendable {
  let path: String
  private let file: FileDescriptor

  private init(_ file: consuming FileDescriptor, _ path: String) {
    self.file = file
    self.path = path
  }

  /// Nil if a living process has it, or it is gone.
  static func claim(_ path: String) throws(SystemCallError) -> ClaimedJournal? {
    guard let file = try JournalFile.claim(path) else { return nil }
    return ClaimedJournal(file, path)
  }

  func read() throws(SystemCallError) -> [UInt64] { try JournalFile.read(file, path) }

  /// Makes the stores that `body` asks for, in their order; those of words that follow each other
  /// together. Returns when they are on the disk.
  func write(_ body: ((_ index: Int, _ value: UInt64) -> Void) -> Void) throws(SystemCallError) {
    var runs: [(start: Int, words: [UInt64])] = []
    body { index, value in
      if let last = runs.last, last.start + last.words.count == index {
        runs[runs.count - 1].words.append(value)
      } else {
        runs.append((index, [value]))
      }
    }
    for run in runs { try JournalFile.write(run.words, at: run.start, to: file, path) }
    try JournalFile.synchronize(file, path)
  }

  func remove() throws(SystemCallError) { try JournalFile.remove(path) }

  func setAside() throws(SystemCallError) -> String { try JournalFile.setAside(path) }
}
