import Terminal
import Testing

@Suite("Durations, sizes and counts as text")
struct ValueTextTests {
  @Test(
    "durations people type",
    arguments: [
      ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)),
      ("1h30m", .seconds(5400)), ("1.5s", .milliseconds(1500)), ("30", .seconds(30)),
      ("0.25", .milliseconds(250)), ("0", .zero), ("2d", .seconds(172_800)),
      ("1m0.5s", .milliseconds(60_500)), ("10us", .microseconds(10)), ("7ns", .nanoseconds(7)),
      (".5s", .milliseconds(500)), ("1.000000000000000000000s", .seconds(1)),
    ])
  func durations(text: String, duration: Duration) throws {
    #expect(try DurationText.parse(text) == duration)
  }

  @Test(
    "what is no duration is refused with a reason and an example",
    arguments: [
      ("", "empty"), ("-5", "negative"), ("-1s", "negative"), ("5x", "'x' is not a unit"),
      ("abc", "not a number"), ("s", "not a number"), ("1h30", "no unit"),
      ("1m1h", "large to small"),
      ("1s1s", "large to small"), ("99999999999999999999", "longer"), ("300000d", "longer"),
      ("0.1ns", "finer"), ("1.0000000001s", "finer"), (".", "not a number"), ("1 s", "' s'"),
      ("+5s", "not a number"), ("1e3", "'e' is not a unit"), ("5S", "'S' is not a unit"),
      ("1h-5m", "is not a unit"), ("٣s", "not a number"), ("0x10", "'x'"), ("nan", "not a number"),
    ])
  func wrongDurations(text: String, reason: String) {
    let error = #expect(throws: ValueTextError.self) { try DurationText.parse(text) }
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("write for example 500ms, 30s, 5m or 1h30m") == true)
  }

  @Test(
    "durations are written short",
    arguments: [
      (Duration.zero, "0s"), (.milliseconds(500), "500ms"), (.seconds(5400), "1h30m"),
      (.milliseconds(1500), "1.5s"), (.microseconds(1500), "1.5ms"), (.seconds(60), "1m"),
      (.seconds(3601), "1h1s"), (.seconds(-30), "-30s"), (.nanoseconds(-5), "-5ns"),
    ])
  func formattedDurations(duration: Duration, text: String) {
    #expect(DurationText.format(duration) == text)
  }

  @Test("every duration is read as it is written")
  func durationRoundTrip() throws {
    try withGenerated("durations") { generator in
      let duration = Duration.nanoseconds(anyMagnitude(&generator))
      let text = DurationText.format(duration)
      let again = try DurationText.parse(text)
      #expect(again == duration, "\(text)")
    }
  }

  @Test(
    "sizes people type",
    arguments: [
      ("4096", 4096), ("64k", 65536), ("64K", 65536), ("10M", 10 << 20), ("1GiB", 1 << 30),
      ("1.5k", 1536), ("2kB", 2048), ("3b", 3), ("0", 0), ("1T", 1 << 40), ("65528", 65528),
    ])
  func sizes(text: String, bytes: Int) throws {
    #expect(try SizeText.parse(text) == bytes)
  }

  @Test(
    "what is no size is refused with a reason and an example",
    arguments: [
      ("", "empty"), ("-1", "negative"), ("k", "begin with a digit"), ("10q", "'q' is not a unit"),
      ("1.5", "whole"), ("99999999999T", "too large"), ("9223372036854775808", "too large"),
      ("1ki", "'ki'"), ("1 k", "' k'"), ("ib", "digit"), ("1ib", "'ib'"),
    ])
  func wrongSizes(text: String, reason: String) {
    let error = #expect(throws: ValueTextError.self) { try SizeText.parse(text) }
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("write for example 4096, 64k, 10M or 1GiB") == true)
  }

  @Test(
    "counts people type",
    arguments: [
      ("1000", 1000), ("50k", 50_000), ("1.5M", 1_500_000), ("99", 99), ("1g", 1_000_000_000),
    ]
  )
  func counts(text: String, count: Int) throws {
    #expect(try CountText.parse(text) == count)
  }

  @Test(
    "what is no count is refused", arguments: ["", "-1", "1.5", "k", "5kk", "1e3", "10000000000G"])
  func wrongCounts(text: String) {
    let error = #expect(throws: ValueTextError.self) { try CountText.parse(text) }
    #expect(error?.message.contains("write for example") == true)
  }

  @Test("every size and count is read as it is written")
  func scaledRoundTrip() throws {
    try withGenerated("sizes and counts") { generator in
      let value = Int(anyMagnitude(&generator))
      let size = try SizeText.parse(SizeText.format(value))
      let count = try CountText.parse(CountText.format(value))
      #expect(size == value)
      #expect(count == value)
    }
  }

  @Test("no text traps")
  func anyTextIsAnswered() {
    withGenerated("texts of digits, points and units") { generator in
      let parts = ["9", "0", ".", "-", "h", "m", "s", "k", "G", "iB", "99999999999", "é", " "]
      let text = (0..<Int.random(in: 0...8, using: &generator))
        .map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
      if let duration = try? DurationText.parse(text) {
        let again = try? DurationText.parse(DurationText.format(duration))
        #expect(again == duration, "\(text)")
      }
      _ = try? SizeText.parse(text)
      _ = try? CountText.parse(text)
    }
  }

  @Test("sizes for people")
  func approximateSizes() {
    #expect(SizeText.approximate(0) == "0 bytes")
    #expect(SizeText.approximate(1) == "1 byte")
    #expect(SizeText.approximate(1536) == "1.5 KiB")
    #expect(SizeText.approximate(214 << 10) == "214 KiB")
    #expect(SizeText.approximate(5 << 30) == "5.0 GiB")
    #expect(SizeText.approximate(.max).hasSuffix(" TiB"))
    #expect(SizeText.approximate(.min).hasSuffix(" TiB"))
  }
}
