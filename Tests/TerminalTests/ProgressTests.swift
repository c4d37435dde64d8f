import Synchronization
import Terminal
import Testing

@Suite("The progress line")
struct ProgressTests {
  private final class Screen: Sendable {
    let written = Mutex("")
    let time = Atomic<UInt64>(0)
    var text: String { written.withLock { $0 } }

    func progress(isQuiet: Bool = false, columns: Int?) -> Progress {
      Progress(
        isQuiet: isQuiet, columns: columns, now: { self.time.load(ordering: .relaxed) },
        write: { text in self.written.withLock { $0 += text } })
    }
  }

  @Test("it is rewritten in place and gone in the end")
  func rewriting() {
    let screen = Screen()
    let progress = screen.progress(columns: 40)
    progress.update("1 sample")
    screen.time.store(200_000_000, ordering: .relaxed)
    progress.update("2 samples")
    progress.finish()
    #expect(screen.text == "\r1 sample\u{1B}[K\r2 samples\u{1B}[K\r\u{1B}[K")
  }

  @Test("no more than ten lines a second")
  func rate() {
    let screen = Screen()
    let progress = screen.progress(columns: 40)
    for millisecond in 0..<1000 {
      screen.time.store(UInt64(millisecond) * 1_000_000, ordering: .relaxed)
      progress.update("\(millisecond)")
    }
    #expect(screen.text.count { $0 == "\r" } == 10)
  }

  @Test("a note has a line of its own")
  func notes() {
    let screen = Screen()
    let progress = screen.progress(columns: 40)
    progress.update("working")
    progress.note("lost 3 samples")
    progress.finish()
    #expect(screen.text == "\rworking\u{1B}[K\r\u{1B}[Klost 3 samples\n")
  }

  @Test("nothing is animated where there is no terminal, and nothing said when quiet")
  func elsewhere() {
    let file = Screen()
    let progress = file.progress(columns: nil)
    progress.update("working")
    progress.note("note")
    progress.finish()
    #expect(file.text == "note\n")

    let quiet = Screen()
    let silent = quiet.progress(isQuiet: true, columns: 40)
    silent.update("working")
    silent.note("note")
    silent.finish()
    #expect(quiet.text == "")
  }

  @Test("it never wraps, and never passes on what a name contains")
  func cutToWidth() {
    let screen = Screen()
    let progress = screen.progress(columns: 10)
    progress.update("a rather long line with \u{1B}[2J in it")
    #expect(screen.text == "\ra rather…\u{1B}[K")
  }
}
