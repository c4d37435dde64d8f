import Foundation
import Profiles
import TestSupport
import Testing

@testable import FlameGraphs

private func picture(
  _ profile: Profile, _ options: FlameGraphOptions = .init()
) -> ParsedPicture {
  ParsedPicture(FlameGraph(profile: profile, reverse: false).svg(options))
}

@Suite("A picture is well-formed XML that says what was measured")
struct PictureTests {
  static let hostileNames = [
    "<script>alert(1)</script>", "a && b", "]]>", "<![CDATA[", "\"'`", "&lt;&#0;", "\\u0041\\",
    "emoji 👩‍👩‍👧‍👦 🦁", "日本語の関数", "e\u{301}", "operator<=>", "-->", "<?xml", "%00", "</metadata>",
    String(repeating: "long<", count: 5000),
  ]

  @Test("Names come back from a parser as they were")
  func roundTrip() throws {
    let drawn = picture(profile(Self.hostileNames.map { .init(names: ["r", $0], value: 7) }))
    #expect(drawn.error == nil)
    let tooltips = Set(drawn.boxes.map(\.tooltip))
    for name in Self.hostileNames {
      #expect(tooltips.contains("\(name) (7 samples, 6.25%)"))
    }
    let data = try #require(
      try JSONSerialization.jsonObject(with: Data(drawn.metadata.utf8)) as? [String: Any])
    let symbols = try #require(data["symbols"] as? [[String]])
    #expect(Set(symbols.compactMap(\.first)) == Set(Self.hostileNames + ["r", "all"]))
  }

  @Test("What XML forbids is replaced by something one can see")
  func forbidden() {
    let name = "a\u{0}b\u{1b}c\nd\te\u{7f}f\u{85}g\u{fffe}h\u{ffff}i\u{202e}j"
    let drawn = picture(
      profile([.init(names: [name], value: 1)]), .init(title: name, subtitle: name, search: name))
    let shown = "a␀b␛c␊d␉e␡f\u{fffd}g\u{fffd}h\u{fffd}i\u{fffd}j"
    #expect(drawn.error == nil)
    #expect(drawn.title == shown)
    #expect(drawn.boxes.map(\.tooltip).contains("\(shown) (1 samples, 100.00%)"))
  }

  @Test("Any scalar in any place gives a picture that parses")
  func anyScalar() {
    for seed in UInt64(1)...30 {
      var generator = SeededGenerator(seed: seed)
      func word() -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<12 {
          let limit: UInt32 = Bool.random(using: &generator) ? 0x7f : 0x10ffff
          if let scalar = Unicode.Scalar(UInt32.random(in: 0...limit, using: &generator)) {
            text.append(scalar)
          }
        }
        return String(text)
      }
      var content = profile(
        (0..<50).map { _ in .init(names: [word(), word()], value: 3) },
        mapping: .init(fileName: word()))
      for index in content.functions.indices { content.functions[index].fileName = word() }
      content.sampleTypes[0] = .init(type: word(), unit: word())
      let signature = word()
      let drawn = picture(
        content,
        .init(title: word(), subtitle: word(), search: word(), describe: { _ in signature }))
      #expect(drawn.error == nil, "seed \(seed)")
      #expect(drawn.boxes.count > 50, "seed \(seed)")
    }
  }

  @Test("A frame's place is its share, to a thousandth of a pixel")
  func places() {
    for seed in UInt64(1)...60 {
      var generator = SeededGenerator(seed: seed)
      let content = profile(randomStacks(&generator))
      let graph = FlameGraph(profile: content, reverse: false)
      guard graph.total > 0 else { continue }
      let boxes = ParsedPicture(graph.svg(.init(minWidth: 0))).boxes
      #expect(boxes.count == graph.frameCount + 1, "seed \(seed)")
      for (position, box) in boxes.enumerated() {
        let frame = graph[position]
        let scale = 1180 / Double(graph.total)
        #expect(abs(box.x - Double(frame.start) * scale) < 0.00051, "seed \(seed)")
        #expect(abs(box.width - Double(frame.value) * scale) < 0.00051, "seed \(seed)")
        #expect(box.y == Double((graph.depth - frame.depth) * 17), "seed \(seed)")
      }
    }
  }

  @Test("Frames narrower than asked are left out, the others stay where they are")
  func minWidth() throws {
    let graph = FlameGraph(profile: serverProfile(stacks: 800), reverse: false)
    let all = ParsedPicture(graph.svg(.init(minWidth: 0))).boxes
    for least in [0.5, 3, 40] {
      let drawn = ParsedPicture(graph.svg(.init(minWidth: least))).boxes
      #expect(drawn.count == all.filter { $0.width * 1200 / 1180 >= least }.count)
      #expect(drawn.count < all.count)
    }
    let fixed = ParsedPicture(graph.svg(.init(width: 600, minWidth: 3))).boxes
    #expect(fixed.count == all.filter { $0.width * 600 / 1180 >= 3 }.count)
    #expect(fixed.map(\.width).max() == 580)
  }

  @Test("The root is below in a flame graph and on top in an icicle")
  func inverted() {
    let content = profile([.init(names: ["a", "b"], value: 1)])
    #expect(picture(content).boxes.map(\.y) == [34, 17, 0])
    #expect(picture(content, .init(inverted: true)).boxes.map(\.y) == [0, 17, 34])
    #expect(picture(content, .init(reverse: true)).boxes.map(\.label) == ["all", "b", "a"])
  }

  @Test("A tooltip tells amount, share, signature, module, file and time")
  func tooltip() {
    var content = serverProfile(stacks: 1)
    content.samples = [
      .init(locations: [300, 0], values: [1234, 1_234_000_000]),
      .init(locations: [0], values: [8766, 8_766_000_000]),
    ]
    let drawn = picture(content, .init(describe: { "func \($0.name) -> Int" }))
    #expect(
      drawn.boxes.map(\.tooltip) == [
        "all (10,000 samples, 100.00%)\ncpu: 10.0 s",
        """
        ChannelPipeline.fireChannelRead(_:) (10,000 samples, 100.00%)
        func ChannelPipeline.fireChannelRead(_:) -> Int
        /usr/local/bin/server
        /src/Sources/Server/Channel.swift:3
        cpu: 10.0 s
        """,
        "[libc.so.6+0x3234] (1,234 samples, 12.34%)\n/lib/libc.so.6\ncpu: 1.23 s",
      ])
  }

  @Test("A profile without samples is a picture that says so")
  func empty() {
    let drawn = picture(Profile(sampleTypes: []))
    #expect(drawn.error == nil)
    #expect(drawn.texts.contains("There are no samples in this profile."))
  }

  @Test("The picture asks nothing of the network")
  func selfContained() {
    let svg = String(
      decoding: FlameGraph(profile: serverProfile(stacks: 20), reverse: false).svg(.init()),
      as: UTF8.self)
    let addresses = Set(svg.matches(of: #/https?:[^"'\s]*/#).map { String($0.output) })
    #expect(addresses == ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"])
    #expect(!svg.contains("@import") && !svg.contains("url("))
  }

  @Test("A label can be read on every colour", arguments: FlameGraphOptions.Palette.allCases)
  func contrast(palette: FlameGraphOptions.Palette) {
    func luminance(_ rgb: [UInt8]) -> Double {
      zip(rgb, [0.2126, 0.7152, 0.0722]).map { channel, weight in
        let value = Double(channel) / 255
        return weight * (value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4))
      }.reduce(0, +)
    }
    for family in palette.families {
      for shade in 0..<ColourFamily.shades {
        let colour = family.colour(shade: shade)
        #expect((luminance(colour.rgb) + 0.05) / (luminance([0x16, 0x17, 0x1a]) + 0.05) >= 7)
        #expect(
          (luminance([0xf5, 0xf6, 0xf8]) + 0.05) / (luminance(colour.dark.rgb) + 0.05) >= 4.5)
      }
    }
  }
}
