import Foundation
import Links
import LinuxSystem
import TestSupport
import Testing

@testable import LinkAPI

@Suite("Figures for Prometheus")
struct MetricsTests {
  @Test("what is written is read back, whatever labels and help contain")
  func roundTrip() throws {
    var random = SeededGenerator.forTest()
    let letters = Array("ab\\\"\n{}=,# éz\u{1f98a}\t")
    func text() -> String {
      String(
        (0..<Int.random(in: 0...8, using: &random)).map { _ in
          letters.randomElement(using: &random) ?? "a"
        })
    }
    for round in 0..<200 {
      let labels = (0..<Int.random(in: 0...3, using: &random)).map { ("l\($0)", text()) }
      let values = [0, 1, -2.5, 1e-9, 1e300, .infinity, -.infinity, 123_456_789_012, .nan]
      let value = values.randomElement(using: &random) ?? 0
      let bounds = (0..<Int.random(in: 0...4, using: &random)).map { Double($0) / 4 }
      let counts = (0...bounds.count).map { _ in UInt64.random(in: 0...9, using: &random) }
      let help = text()
      let exposition = try Exposition(
        PrometheusText.write([
          .gauge("g_\(round)", help, [Metric(value, labels: labels)]),
          .counter("c_total", "C.", [Metric(3)]),
          .histogram(
            "h_seconds", "H.",
            [Metric.Histogram(bounds: bounds, counts: counts, sum: 1.5, labels: labels)]),
        ]))
      #expect(
        exposition.types == ["g_\(round)": "gauge", "c_total": "counter", "h_seconds": "histogram"])
      #expect(exposition.help["g_\(round)"] == help)
      let expected = Dictionary(uniqueKeysWithValues: labels)
      let gauge = try #require(exposition.samples.first { $0.name == "g_\(round)" })
      #expect(gauge.labels == expected)
      #expect(gauge.value == value || gauge.value.isNaN && value.isNaN)
      let buckets = exposition.samples.filter { $0.name == "h_seconds_bucket" }
      #expect(buckets.map { Double($0.labels["le"] ?? "") } == bounds + [.infinity])
      var total: UInt64 = 0
      for (bucket, count) in zip(buckets, counts) {
        total += count
        #expect(bucket.value == Double(total))
        #expect(bucket.labels.filter { $0.key != "le" } == expected)
      }
      #expect(exposition.samples.first { $0.name == "h_seconds_count" }?.value == Double(total))
      #expect(exposition.samples.first { $0.name == "h_seconds_sum" }?.value == 1.5)
    }
  }

  @Test("names are what the format allows, and a name has one type")
  func names() throws {
    let exposition = try Exposition(
      PrometheusText.write([
        .gauge("1 büse:name", "", [Metric(1, labels: [("a:b c", "x"), ("", "y")])]),
        .gauge("same", "First.", [Metric(1)]), .counter("other", "", [Metric(5)]),
        .gauge("same", "Second.", [Metric(2, labels: [("a", "b")])]),
        .counter("same", "", [Metric(3)]),
        .gauge("empty", "None.", []),
      ]))
    #expect(exposition.types.keys.contains("_1_b__se:name"))
    #expect(exposition.samples.first?.labels == ["a_b_c": "x", "_": "y"])
    #expect(exposition.samples.filter { $0.name == "same" }.map(\.value) == [1, 2])
    #expect(exposition.help["same"] == "First." && exposition.types["same"] == "gauge")
  }

  @Test("bounds out of order and counts that are missing or too many lose no value")
  func bounds() {
    let histogram = Metric.Histogram(
      bounds: [1, 1, 0.5, 2, .infinity, .nan], counts: [1, 2, 3, 4, 5, 6, 7, 8], sum: 1)
    #expect(histogram.bounds == [1, 2] && histogram.counts == [1, 9, 26])
    #expect(Metric.Histogram(bounds: [1, 2], counts: [5], sum: 1).counts == [5, 0, 0])
  }

  @Test("served are the API's own figures and those handed in")
  func served() async throws {
    let api = try await APIFixture(metrics: {
      [.counter("lynx_redirects_total", "Redirects.", [Metric(7, labels: [("status", "308")])])]
    })
    for _ in 1...3 { _ = try await api.ask("GET", "/api/urls/nowhere") }
    _ = try await api.ask("GET", "/nothing-here")
    let answer = try await api.ask("GET", "/metrics")
    #expect(answer.field("content-type") == "text/plain; version=0.0.4; charset=utf-8")
    let exposition = try Exposition(answer.text)
    func value(_ name: String, _ labels: [String: String]) -> Double? {
      exposition.samples.first { sample in
        sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
      }?.value
    }
    #expect(value("lynx_redirects_total", ["status": "308"]) == 7)
    #expect(
      value("lynx_api_requests_total", ["route": "/api/urls/{code}", "status": "404"]) == 3)
    #expect(value("lynx_api_requests_total", ["route": "none", "status": "404"]) == 1)
    #expect(
      value("lynx_api_request_duration_seconds_count", ["route": "/api/urls/{code}"]) == 3)
    #expect(value("lynx_api_connections", [:]) ?? 0 >= 1)
    // However many addresses are asked for.
    #expect(!answer.text.contains("nothing-here") && !answer.text.contains("nowhere"))
    await api.stop()
  }

  @Test("dates are as `date` writes them")
  func dates() throws {
    var random = SeededGenerator.forTest()
    let seconds =
      [0, 951_782_399, 951_782_400, 4_107_542_399, 1_709_164_800]
      + (0..<60).map { _ in Int64.random(in: 0...253_402_300_799, using: &random) }
    let lines = seconds.map { "@\($0)\n" }.joined()
    let output = try Tool.run(
      "/usr/bin/env",
      ["LC_ALL=C", "date", "-u", "-f", "/dev/stdin", "+%a, %d %b %Y %H:%M:%S GMT"],
      input: Array(lines.utf8))
    let dates = String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(dates == seconds.map { HTTPDate.text($0) })
  }
}

/// The text format, read by its description alone.
private struct Exposition {
  struct Failure: Error { let line: String }
  struct Sample {
    var name: String
    var labels: [String: String]
    var value: Double
  }

  var help: [String: String] = [:]
  var types: [String: String] = [:]
  var samples: [Sample] = []

  init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw Failure(line: "no line feed at the end") }
    for line in text.unicodeScalars.dropLast().split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      let line = String(String.UnicodeScalarView(line))
      let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(
        String.init)
      if line.hasPrefix("# HELP ") {
        guard help[words[2]] == nil, types[words[2]] == nil else { throw Failure(line: line) }
        help[words[2]] = Self.unescaped(words.count > 3 ? words[3] : "")
      } else if line.hasPrefix("# TYPE ") {
        guard types[words[2]] == nil, words[2].wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil
        else { throw Failure(line: line) }
        types[words[2]] = words[3]
      } else {
        samples.append(try Self.sample(line))
      }
    }
  }

  private static func sample(_ line: String) throws -> Sample {
    var rest = Array(line.unicodeScalars)[...]
    func word(_ end: Set<Unicode.Scalar>) -> String {
      let piece = rest.prefix { !end.contains($0) }
      rest = rest.dropFirst(piece.count)
      return String(String.UnicodeScalarView(piece))
    }
    var sample = Sample(name: word(["{", " "]), labels: [:], value: .nan)
    guard sample.name.wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil else {
      throw Failure(line: line)
    }
    if rest.first == "{" {
      repeat {
        rest = rest.dropFirst()
        let name = word(["="])
        guard name.wholeMatch(of: /[a-zA-Z_][a-zA-Z0-9_]*/) != nil, rest.starts(with: ["=", "\""])
        else { throw Failure(line: line) }
        rest = rest.dropFirst(2)
        var value = String.UnicodeScalarView()
        while let next = rest.first, next != "\"" {
          value.append(next)
          rest = rest.dropFirst()
          if next == "\\", let escaped = rest.first {
            value.append(escaped)
            rest = rest.dropFirst()
          }
        }
        rest = rest.dropFirst()
        sample.labels[name] = unescaped(String(value))
      } while rest.first == ","
      guard rest.first == "}" else { throw Failure(line: line) }
      rest = rest.dropFirst()
    }
    guard rest.first == " " else { throw Failure(line: line) }
    let number = String(String.UnicodeScalarView(rest.dropFirst()))
    guard let value = Double(number.replacing("+Inf", with: "inf")) else {
      throw Failure(line: line)
    }
    sample.value = value
    return sample
  }

  private static func unescaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if isEscaped {
        result.append(scalar == "n" ? "\n" : scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}
