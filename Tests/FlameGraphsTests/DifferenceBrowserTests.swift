import FlameGraphs
import Foundation
import Profiles
import TestSupport
import Testing

@Suite("In a browser a picture of two profiles answers as any other", .serialized)
struct DifferenceBrowserTests {
  private func withPage(
    _ compared: ProfileComparison, widths: FlameGraph.Side = .new,
    _ options: FlameGraphOptions = .init(title: "Server"), _ body: (BrowserPage) throws -> Void
  ) throws {
    let browser = try Chromium()
    defer { browser.close() }
    let graph = FlameGraph(comparison: compared, widths: widths, reverse: options.reverse)
    let page = try BrowserPage(graph.svg(options), in: browser)
    defer { page.remove() }
    try body(page)
    #expect(browser.complaints.isEmpty, "\(browser.complaints)")
  }

  /// Two samplings of one server, of which one spends more in one place; scaled, and not alike.
  private func servers() throws -> ProfileComparison {
    var (new, base) = (serverProfile(stacks: 250), serverProfile(stacks: 250, seed: 8))
    base.samples.append(contentsOf: new.samples[..<120])
    for index in new.samples.indices.prefix(40) {
      new.samples[index].values = new.samples[index].values.map { $0 * 30 }
    }
    base.functions = new.functions
    return try ProfileComparison(
      new: CountedProfile(new), base: CountedProfile(base), isNormalized: true)
  }

  private static let small: (new: [NamedStack], base: [NamedStack]) = (
    [
      .init(names: ["main", "parse"], value: 600), .init(names: ["main", "write"], value: 400),
    ],
    [
      .init(names: ["main", "parse"], value: 200), .init(names: ["main", "write"], value: 500),
      .init(names: ["main", "legacy", "copy"], value: 300),
    ]
  )

  @Test("Hovering tells both profiles, zooming and searching work, what vanished is told apart")
  func use() throws {
    try withPage(comparison(Self.small.new, Self.small.base)) { page in
      try page.point(at: "parse")
      try #expect(
        page.text(".details").hasPrefix(
          "parse (new 600 samples, 60.00%; base 200 samples, 20.00%; +40.00%)"))
      try #expect(page.text(".details").contains("itself: new 600, base 200; +40.00%, beyond"))
      // 1,000 samples, and 300 that only the base has.
      try #expect(abs(page.place(of: "parse")[2] - 1180 * 600 / 1300) < 0.01)
      try #expect(abs(page.place(of: "copy")[2] - 1180 * 300 / 1300) < 0.01)
      let style = "\(BrowserPage.frame("copy")).querySelector('rect').getAttribute('class')"
      try #expect(page.evaluate(style) as? String == "b3 v w")
      try page.click("legacy")
      try #expect(page.place(of: "copy")[2] == 1180)
      try page.key("Escape", code: 27)
      try page.key("f", code: 70, modifiers: 2)
      try page.type("copy|parse")
      try #expect(page.text(".matched") == "Matched: 69.23%")
      try #expect(page.number("document.querySelectorAll('.frames .m').length") == 2)
      let legend =
        "[...document.querySelectorAll('.legend span')].map(s => s.textContent).join('|')"
      try #expect(
        page.evaluate(legend) as? String
          == "itself more than in the base|itself less|change within noise|only in the base")
      try page.prefer("dark")
      let paper = "getComputedStyle(document.querySelector('.paper')).fill"
      try #expect(page.evaluate(paper) as? String == "rgb(22, 24, 28)")
    }
  }

  @Test("The script tells of every frame what the program told", arguments: [false, true])
  func tooltips(reverse: Bool) throws {
    for widths in [FlameGraph.Side.new, .base] {
      let options = FlameGraphOptions(reverse: reverse, minWidth: 0)
      try withPage(servers(), widths: widths, options) { page in
        let differing = """
          [...document.querySelectorAll('.frames > g')].filter(g => {
            const said = g.querySelector('title').textContent;
            g.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
            const says = g.querySelector('title').textContent;
            return g.querySelector('rect').getAttribute('width') >= 1
              ? says !== said : !says.startsWith(`${said}\\n`);
          }).length
          """
        try #expect(page.number("document.querySelectorAll('.frames > g').length") > 1000)
        try #expect(page.number(differing) == 0)
      }
    }
  }

  @Test("The script reverses as exactly as the program does, colours too")
  func reversing() throws {
    let rows = """
      JSON.stringify([...document.querySelectorAll('.frames > g > rect')].map(r =>
        ['x', 'y', 'width', 'class'].map(k => r.getAttribute(k)))
        .map(([x, y, w, c]) => [Number(x).toFixed(2), y, Number(w).toFixed(2), c]))
      """
    for widths in [FlameGraph.Side.new, .base] {
      var found: [String] = []
      try withPage(servers(), widths: widths, .init(width: 1200)) { page in
        try page.press(button: "Reversed")
        found.append(try page.evaluate(rows) as? String ?? "")
      }
      try withPage(servers(), widths: widths, .init(width: 1200, reverse: true)) { page in
        found.append(try page.evaluate(rows) as? String ?? "")
        try page.press(button: "Reversed")
      }
      let isSame = found.count == 2 && found[0] == found[1] && found[0].count > 1000
      #expect(isSame)
      #expect(["h0", "h1", "b0", "b1"].contains { found.first?.contains("\"\($0)") == true })
    }
  }
}
