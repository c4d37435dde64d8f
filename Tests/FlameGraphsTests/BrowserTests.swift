import FlameGraphs
import Foundation
import Profiles
import Testing

/// Widths a person can check: main 100, of which parse 60 and write 40; both call alloc.
private let small = profile([
  .init(names: ["main", "parse"], value: 30),
  .init(names: ["main", "parse", "alloc"], value: 20),
  .init(names: ["main", "parse", "alloc", "alloc"], value: 10),
  .init(names: ["main", "write", "alloc"], value: 15),
  .init(names: ["main", "write"], value: 25),
])

@Suite("In a browser the picture answers mouse and keyboard", .serialized)
struct BrowserTests {
  private func withPage(
    _ profile: Profile = small, _ options: FlameGraphOptions = .init(title: "Server"),
    _ body: (BrowserPage) throws -> Void
  ) throws {
    let browser = try Chromium()
    defer { browser.close() }
    let page = try BrowserPage(
      FlameGraph(profile: profile, reverse: false).svg(options), in: browser)
    defer { page.remove() }
    try body(page)
    #expect(browser.complaints.isEmpty, "\(browser.complaints)")
  }

  @Test("Hovering tells function, samples and share")
  func hover() throws {
    try withPage { page in
      try page.point(at: "parse")
      try #expect(page.text(".details").hasPrefix("parse (60 samples, 60.00%)"))
      let tooltip = "\(BrowserPage.frame("parse")).querySelector('title').textContent"
      try #expect(page.evaluate(tooltip) as? String == "parse (60 samples, 60.00%)")
      try page.point(at: "write")
      try #expect(page.text(".details").hasPrefix("write (40 samples, 40.00%)"))
    }
  }

  @Test("A click zooms, one on an ancestor or the root zooms out, and the address remembers")
  func zoom() throws {
    try withPage { page in
      try #expect(abs(page.place(of: "parse")[2] - 1180 * 0.6) < 0.01)
      try page.click("parse")
      try #expect(page.place(of: "parse")[2] == 1180)
      try #expect(abs(page.place(of: "alloc")[2] - 590) < 0.01)
      try #expect(page.place(of: "write").isEmpty)
      try #expect(page.place(of: "main")[2] == 1180)
      try #expect(page.address().hasSuffix("#zoom=2"))
      try page.reload()
      try #expect(page.place(of: "parse")[2] == 1180)
      try page.click("main")
      try #expect(abs(page.place(of: "write")[2] - 1180 * 0.4) < 0.01)
      try page.click("write")
      try #expect(page.place(of: "write")[2] == 1180)
      try page.click("all")
      try #expect(abs(page.place(of: "write")[2] - 1180 * 0.4) < 0.01)
      try #expect(!(page.address().contains("#")))
      try page.evaluate("history.back()")
      try #expect(page.place(of: "write")[2] == 1180)
      try page.press(button: "Reset zoom")
      try #expect(abs(page.place(of: "write")[2] - 1180 * 0.4) < 0.01)
    }
  }

  @Test("Ctrl-F searches by regular expression and counts what overlaps once")
  func search() throws {
    try withPage { page in
      try page.key("f", code: 70, modifiers: 2)
      try page.type("^ALLOC$")
      // 30 of parse, of which 10 are nested in another match, and 15 of write.
      try #expect(page.text(".matched") == "Matched: 45.00%")
      try #expect(page.number("document.querySelectorAll('.frames .m').length") == 3)
      let fill = "getComputedStyle(document.querySelector('.frames .m')).fill"
      try #expect(page.evaluate(fill) as? String == "rgb(238, 34, 238)")
      try #expect(page.address().hasSuffix("#search=%5EALLOC%24"))
      try page.press(button: "Aa")
      try #expect(page.text(".matched") == "Matched: 0.00%")
      try page.press(button: "Aa")
      try page.evaluate("document.querySelector('input').select()")
      try page.type("(")
      try #expect(page.text(".matched") == "Invalid expression")
      try page.evaluate("document.querySelector('input').select()")
      try page.type("alloc|write")
      try #expect(page.text(".matched") == "Matched: 70.00%")
      try page.reload()
      try #expect(page.text(".matched") == "Matched: 70.00%")
      try page.key("Escape", code: 27)
      try #expect(page.number("document.querySelectorAll('.frames .m').length") == 0)
      try #expect(!(page.address().contains("#")))
      try page.key("F3", code: 114)
      try #expect(page.evaluate("document.activeElement.localName") as? String == "input")
    }
  }

  @Test("n and N step through the matches, Esc clears the search before the zoom")
  func steps() throws {
    try withPage { page in
      try page.click("parse")
      try page.key("f", code: 70, modifiers: 2)
      try page.type("alloc")
      try page.key("Enter", code: 13)
      try #expect(page.text(".details").hasPrefix("alloc (30 samples, 30.00%)"))
      try page.key("n", code: 78, text: "n")
      try #expect(page.text(".details").hasPrefix("alloc (10 samples, 10.00%)"))
      try page.key("n", code: 78, text: "n")
      try #expect(page.text(".details").hasPrefix("alloc (30 samples, 30.00%)"))
      try page.key("N", code: 78, modifiers: 8, text: "N")
      try #expect(page.text(".details").hasPrefix("alloc (10 samples, 10.00%)"))
      try page.key("Escape", code: 27)
      try #expect(page.number("document.querySelectorAll('.frames .m').length") == 0)
      try #expect(page.place(of: "parse")[2] == 1180)
      try page.key("Escape", code: 27)
      try #expect(abs(page.place(of: "parse")[2] - 708) < 0.01)
    }
  }

  @Test("Arrow keys walk the frames, Enter zooms, a ring shows where one is")
  func keyboard() throws {
    try withPage { page in
      for _ in 0..<20 {
        try page.key("Tab", code: 9)
        if try page.evaluate("document.activeElement.localName") as? String == "g" { break }
      }
      try #expect(page.text(".details").hasPrefix("all (100 samples"))
      try page.key("ArrowUp", code: 38)
      try page.key("ArrowUp", code: 38)
      try #expect(page.text(".details").hasPrefix("parse (60 samples"))
      try page.key("ArrowRight", code: 39)
      try #expect(page.text(".details").hasPrefix("write (40 samples"))
      let ring = "document.querySelector('.ring')"
      try #expect(page.evaluate("\(ring).getAttribute('visibility')") as? String == "visible")
      try #expect(page.number("Number(\(ring).getAttribute('width'))") == 472)
      try page.key("Enter", code: 13)
      try #expect(page.place(of: "write")[2] == 1180)
      try #expect(
        page.evaluate("document.activeElement.querySelector('text').textContent") as? String
          == "write")
      try page.key("ArrowDown", code: 40)
      try page.key("Enter", code: 13)
      try #expect(abs(page.place(of: "write")[2] - 472) < 0.01)
    }
  }

  @Test("One file shows flame, icicle, and both merged from the leaf")
  func toggles() throws {
    try withPage { page in
      try #expect(page.place(of: "main")[1] > page.place(of: "parse")[1])
      try page.press(button: "Icicle")
      try #expect(page.place(of: "main")[1] < page.place(of: "parse")[1])
      try page.press(button: "Reversed")
      // Leaves: alloc 45, parse 30, write 25.
      try page.point(at: "alloc")
      try #expect(page.text(".details").hasPrefix("alloc (45 samples, 45.00%)"))
      try page.point(at: "write")
      try #expect(page.text(".details").hasPrefix("write (15 samples, 15.00%)"))
      try #expect(page.address().hasSuffix("#icicle=true&reversed=true"))
      try page.reload()
      try page.point(at: "alloc")
      try #expect(page.text(".details").hasPrefix("alloc (45 samples, 45.00%)"))
      try page.press(button: "Reversed")
      try #expect(abs(page.place(of: "parse")[2] - 708) < 0.01)
    }
  }

  @Test("The script reverses as exactly as the program does")
  func reversing() throws {
    let content = serverProfile(stacks: 300)
    let rows = """
      JSON.stringify([...document.querySelectorAll('.frames > g > rect')].map(r =>
        ['x', 'y', 'width', 'class'].map(k => r.getAttribute(k)))
        .map(([x, y, w, c]) => [Number(x).toFixed(2), y, Number(w).toFixed(2), c]))
      """
    var found: [String] = []
    try withPage(content, .init(width: 1200)) { page in
      try page.press(button: "Reversed")
      found.append(try page.evaluate(rows) as? String ?? "")
    }
    try withPage(content, .init(width: 1200, reverse: true)) { page in
      found.append(try page.evaluate(rows) as? String ?? "")
      try page.press(button: "Reversed")
    }
    let isSame = found.count == 2 && found[0] == found[1] && found[0].count > 1000
    #expect(isSame)
  }

  @Test("The script tells of every frame what the program told")
  func tooltips() throws {
    let content = serverProfile(stacks: 150)
    try withPage(content, .init(minWidth: 0, describe: { "full \($0.name) -> Int" })) { page in
      let differing = """
        [...document.querySelectorAll('.frames > g')].filter(g => {
          const said = g.querySelector('title').textContent;
          g.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
          const says = g.querySelector('title').textContent;
          return g.querySelector('rect').getAttribute('width') >= 1
            ? says !== said : !says.startsWith(`${said}\\n`);
        }).length
        """
      try #expect(page.number("document.querySelectorAll('.frames > g').length") > 2000)
      try #expect(page.number(differing) == 0)
    }
  }

  @Test("The picture fills the window, also after it changed, unless its width is fixed")
  func width() throws {
    try withPage { page in
      try page.resize(width: 700, height: 900)
      try #expect(abs(page.place(of: "main")[2] - 680) < 0.01)
      try #expect(page.number("document.documentElement.scrollWidth") == 700)
      try page.key("f", code: 70, modifiers: 2)
      try page.type("a search")
      try page.resize(width: 360, height: 900)
      let excess = """
        Math.max(...[...document.querySelectorAll('button, input, .matched')].map(
          b => b.getBoundingClientRect().right)) - innerWidth
        """
      try #expect(page.number(excess) < 0)
    }
    try withPage(small, .init(width: 500)) { page in
      try #expect(abs(page.place(of: "main")[2] - 480) < 0.01)
    }
  }

  @Test("Labels end before their frames do")
  func labels() throws {
    try withPage(serverProfile(stacks: 300)) { page in
      let excess = """
        Math.max(...[...document.querySelectorAll('.frames > g')].map(g => {
          const text = g.querySelector('text');
          return text ? text.getBoundingClientRect().right
            - g.querySelector('rect').getBoundingClientRect().right : -1;
        }))
        """
      try #expect(page.number(excess) <= 0)
      try #expect(page.number("document.querySelectorAll('.frames text').length") > 50)
    }
  }

  @Test("A dark page is dark, its text light")
  func dark() throws {
    try withPage { page in
      let paper = "getComputedStyle(document.querySelector('.paper')).fill"
      try #expect(page.evaluate(paper) as? String == "rgb(255, 255, 255)")
      try page.prefer("dark")
      try #expect(page.evaluate(paper) as? String == "rgb(22, 24, 28)")
      let label = "getComputedStyle(document.querySelector('.frames text')).fill"
      try #expect(page.evaluate(label) as? String == "rgb(245, 246, 248)")
    }
  }

  @Test("Hostile names, an initial search and no samples at all raise no error")
  func hostile() throws {
    let names = PictureTests.hostileNames
    let content = profile(names.map { .init(names: ["r", $0], value: 1) })
    try withPage(content, .init(search: "<script>|[")) { page in
      try #expect(page.text(".matched") == "Invalid expression")
    }
    try withPage(content, .init(search: "emoji")) { page in
      try #expect(page.text(".matched") == "Matched: 6.25%")
    }
    try withPage { page in
      for zoom in ["-1", "999", "1.5", "x", "1e99"] {
        try page.open(page.file.absoluteString + "#zoom=\(zoom)&search=%28&icicle=perhaps")
        try #expect(abs(page.place(of: "parse")[2] - 708) < 0.01)
      }
    }
    try withPage(Profile(sampleTypes: [])) { page in
      try #expect(page.text(".empty") == "There are no samples in this profile.")
      try page.key("f", code: 70, modifiers: 2)
      try page.key("Escape", code: 27)
    }
  }

  @Test("Twenty thousand frames are drawn and searched without delay")
  func large() throws {
    let content = serverProfile(stacks: 2500)
    #expect(FlameGraph(profile: content, reverse: false).frameCount > 20_000)
    try withPage(content, .init(minWidth: 0)) { page in
      let frames = "document.querySelectorAll('.frames > g').length"
      try #expect(page.number(frames) > 20_000)
      let clock = ContinuousClock()
      let spent = try clock.measure {
        try page.key("f", code: 70, modifiers: 2)
        try page.type("decode")
        _ = try page.text(".matched")
      }
      // A person waits; a machine shared with other builds may be slow.
      #expect(spent < .seconds(5))
    }
  }
}
