import Bytes
import Foundation
import LoadResults
import TestSupport
import Testing

@Suite("Saved results")
struct SavedResultsTests {
  private func anyResults(_ count: Int, _ generator: inout SeededGenerator) -> SavedResults {
    SavedResults(
      version: "0.1.0", commit: "abc\"def", machine: ["cpu": "a\nb", "kernel": "6.1"],
      runs: (0..<count).map { _ in anyResult(&generator) })
  }

  @Test("what is read is what was written, to the last percentile")
  func roundTrip() throws {
    var generator = SeededGenerator.forTest()
    for _ in 0..<20 {
      let saved = anyResults(Int.random(in: 0...4, using: &generator), &generator)
      let read = try SavedResults(reading: saved.compressed())
      #expect(read == saved)
      for (run, other) in zip(saved.runs, read.runs) {
        for percentile in [0, 0.1, 10, 50, 90, 99, 99.9, 99.99, 99.999, 100] {
          #expect(
            run.latency.nanoseconds(atPercentile: percentile)
              == other.latency.nanoseconds(atPercentile: percentile))
        }
        #expect(run.latency.mean == other.latency.mean)
        #expect(run.latency.standardDeviation == other.latency.standardDeviation)
      }
      #expect(try read.compressed() == saved.compressed())
    }
  }

  @Test("another program reads it, and finds the same percentiles from the buckets")
  func python() throws {
    var generator = SeededGenerator.forTest()
    let saved = anyResults(3, &generator)
    let script = """
      import gzip, json, math, sys
      file = json.loads(gzip.decompress(sys.stdin.buffer.read()))
      assert file["format"] == "lynx-bench" and file["schema"] == 1
      out = []
      for run in file["runs"]:
          h = run["latency_histogram"]
          assert h["unit"] == "ns" and sum(b[2] for b in h["buckets"]) == h["count"]
          values = []
          for p in (50, 90, 99, 99.9):
              rank, seen, value = max(1, math.ceil(h["count"] * p / 100 - 1e-9)), 0, 0
              for lower, upper, count in h["buckets"]:
                  seen += count
                  if seen >= rank:
                      value = min(upper, h["max"])
                      break
              values.append(value)
          out.append({"name": run["name"], "values": values, "us": run["latency_us"]["p99"]})
      json.dump(out, sys.stdout)
      """
    let output = try Tool.run("/usr/bin/env", ["python3", "-c", script], input: saved.compressed())
    struct Found: Decodable {
      var name: String
      var values: [UInt64]
      var us: Double?
    }
    let found = try JSONDecoder().decode([Found].self, from: Data(output))
    #expect(found.count == saved.runs.count)
    for (run, found) in zip(saved.runs, found) {
      #expect(run.name == found.name)
      let percentiles = [50, 90, 99, 99.9].map { run.latency.nanoseconds(atPercentile: $0) }
      #expect(percentiles == found.values)
      #expect(found.us == (run.latency.isEmpty ? nil : Double(percentiles[2]) / 1000))
    }
  }

  @Test("no password is in the file, nor in what is read from one")
  func passwords() throws {
    var generator = SeededGenerator.forTest()
    let saved = anyResults(2, &generator)
    let json = try Gzip.decompress(saved.compressed())
    #expect(!String(decoding: json, as: UTF8.self).contains("hidden"))
    let tampered = String(decoding: json, as: UTF8.self).replacing("ann@", with: "ann:secret@")
    let read = try SavedResults(reading: Gzip.compress(Array(tampered.utf8)))
    #expect(read == saved)
  }

  @Test("a file that is cut anywhere is refused in one sentence")
  func truncated() throws {
    var generator = SeededGenerator.forTest()
    let bytes = try anyResults(1, &generator).compressed()
    for count in 0..<bytes.count {
      let error = #expect(throws: SavedResultsError.self) {
        try SavedResults(reading: Array(bytes[..<count]))
      }
      #expect(error.map { isSentence($0.message) } == true)
    }
  }

  @Test("a file with any byte changed is refused, or says the same")
  func flippedFile() throws {
    var generator = SeededGenerator.forTest()
    let saved = anyResults(1, &generator)
    let bytes = try saved.compressed()
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= UInt8.random(in: 1...255, using: &generator)
      // Some bits say nothing about the content: the header's time, what fills the last byte.
      do {
        let read = try SavedResults(reading: changed)
        #expect(read == saved)
      } catch {
        #expect(isSentence(error.message))
      }
    }
  }

  @Test("content with any byte changed or cut anywhere is refused, or another valid result")
  func flippedContent() throws {
    var generator = SeededGenerator.forTest()
    var run = anyResult(&generator)
    run.latency = histogram(of: anyLatencies(8, &generator))
    run.serviceTime = histogram(of: [5, 5000, .max])
    let saved = SavedResults(version: "1", commit: "c", machine: ["cpu": "x"], runs: [run])
    let json = try Gzip.decompress(saved.compressed())
    let replacements = Array("0129-.eE\"{}[],: \u{0}\u{FF}n".utf8)
    var refused = 0
    for index in json.indices {
      var changed = json
      changed[index] = replacements.randomElement(using: &generator) ?? 0
      for content in [changed, Array(json[..<index])] {
        do {
          let read = try SavedResults(reading: Gzip.compress(content))
          // What is read can be written and read again.
          #expect(try SavedResults(reading: read.compressed()) == read)
        } catch let error as SavedResultsError {
          #expect(isSentence(error.message), "\(error.message)")
          refused += 1
        }
      }
    }
    #expect(refused > json.count)
  }

  @Test(
    "what contradicts itself is refused, with its place",
    arguments: [
      (#""schema":1"#, #""schema":2"#, "schema is 2"),
      (#""schema":1"#, #""schema":0"#, "schema is 0"),
      (#""schema":1"#, #""schema":"1""#, "'schema'"),
      (#""format":"lynx-bench""#, #""format":"other""#, "format"),
      (#""requests":3"#, #""requests":-3"#, "'runs[0].requests'"),
      (#""requests":3"#, #""requests":9007199254740993"#, "'runs[0].requests'"),
      (#""requests":3,"#, "", "'runs[0].requests' is missing"),
      (#""duration_seconds":2.0"#, #""duration_seconds":1e300"#, "'runs[0].duration_seconds'"),
      (#""duration_seconds":2.0"#, #""duration_seconds":null"#, "'runs[0].duration_seconds'"),
      (#""status":{"308":3}"#, #""status":{"308x":3}"#, "'runs[0].status'"),
      (#""status":{"308":3}"#, #""status":{"308":-3}"#, "'runs[0].status'"),
      (#""timeout":0"#, #""timeout":-1"#, "'runs[0].errors.timeout'"),
      (#""unit":"ns""#, #""unit":"us""#, "'runs[0].latency_histogram'"),
      (#""count":3"#, #""count":4"#, "do not agree"),
      (#""min":1000"#, #""min":1001"#, "'runs[0].latency_histogram"),
      (#""max":3000"#, #""max":2999"#, "'runs[0].latency_histogram"),
      (#""max":3000"#, #""max":3600000000001"#, "'runs[0].latency_histogram'"),
      (#""clamped":0"#, #""clamped":1"#, "clamped"),
      ("[1000,1000,1]", "[1000,1001,1]", "'runs[0].latency_histogram.buckets[0]'"),
      ("[1000,1000,1]", "[1000,1000,0]", "buckets[0]"),
      ("[1000,1000,1]", "[1000,1000,18446744073709551615]", "buckets[0]"),
      ("[1000,1000,1]", "[1000,1000]", "buckets[0]"),
      ("[1000,1000,1]", "[1000,1000,1,1]", "buckets[0]"),
      ("[1000,1000,1]", "[1000,1000,1],[1000,1000,1]", "buckets[1]"),
      ("[2000,2000,1]", "[18446744073709551615,18446744073709551615,1]", "buckets[1]"),
    ])
  func contradictions(part: String, replacement: String, expected: String) throws {
    let run = LoadResult(
      name: "a", url: "http://h/", durationSeconds: 2, requests: 3,
      latency: histogram(of: [1000, 2000, 3000]), statuses: [308: 3])
    let saved = SavedResults(version: "1", commit: "c", machine: [:], runs: [run])
    let json = String(decoding: try Gzip.decompress(saved.compressed()), as: UTF8.self)
    #expect(json.contains(part))
    let changed = Array(json.replacing(part, with: replacement).utf8)
    let error = #expect(throws: SavedResultsError.self) {
      try SavedResults(reading: Gzip.compress(changed))
    }
    #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
    #expect(error.map { isSentence($0.message) } == true)
  }

  @Test("hostile sizes are refused before they fill the memory")
  func hostileSizes() throws {
    // A member of a megabyte, repeated: gzip files may have many.
    let member = try Gzip.compress(Array(repeating: 0x5B, count: 1 << 20))
    let bomb = Array(repeatElement(member, count: 129).joined())
    let many = try Gzip.compress(
      Array(
        (#"{"format":"lynx-bench","schema":1,"lynx":{"version":"","commit":""},"machine":{},"#
          + #""runs":["# + Array(repeating: "{}", count: 20_000).joined(separator: ",") + "]}").utf8
      ))
    for bytes in [bomb, member, many, [], [0x1F], Array("{}".utf8)] {
      let error = #expect(throws: SavedResultsError.self) { try SavedResults(reading: bytes) }
      #expect(error.map { isSentence($0.message) } == true)
      if bytes == bomb { #expect(error?.message.contains("limit") == true) }
    }
  }

  /// One line of no more than a person reads.
  private func isSentence(_ message: String) -> Bool {
    !message.isEmpty && message.count < 400 && !message.contains("\n")
  }
}
