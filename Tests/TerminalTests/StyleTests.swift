import Terminal
import Testing

@Suite("Colour")
struct StyleTests {
  private func isEnabled(_ mode: ColorMode, _ environment: [String: String]) -> Bool {
    // Tests do not run with standard error on a terminal everywhere: nothing here relies on it.
    Style(mode, for: .error) { environment[$0] }.isEnabled
  }

  @Test("--color wins over the environment")
  func explicitModes() {
    #expect(isEnabled(.always, ["NO_COLOR": "1", "TERM": "dumb"]))
    #expect(!isEnabled(.never, ["CLICOLOR_FORCE": "1"]))
  }

  @Test("NO_COLOR wins over CLICOLOR_FORCE, which wins over a dumb terminal")
  func environment() {
    #expect(!isEnabled(.auto, ["NO_COLOR": "1", "CLICOLOR_FORCE": "1"]))
    #expect(isEnabled(.auto, ["CLICOLOR_FORCE": "1", "TERM": "dumb"]))
    #expect(!isEnabled(.auto, ["CLICOLOR_FORCE": "0", "TERM": "dumb"]))
  }

  @Test("a text without colour is the text")
  func plain() {
    let plain = Style(.never, for: .output)
    let coloured = Style(.always, for: .output)
    for style in [plain.bold, plain.dim, plain.red, plain.green, plain.yellow] {
      #expect(style("text") == "text")
    }
    #expect(coloured.bold("text") == "\u{1B}[1mtext\u{1B}[0m")
    #expect(coloured.red("") == "")
  }
}
