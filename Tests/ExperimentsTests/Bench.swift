import Experiments
import FlameGraphs
import Foundation
import LoadResults
import Profiles
import Terminal
import TestSupport
import Testing

/// A history in a directory of its own, and what goes into it.
final class HistoryBench {
  let history: RunHistory
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "lynx-history-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    history = RunHistory(directory: path, picture: FlameGraphOptions())
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path) } }

  func read(_ name: String) throws -> String {
    try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }

  func write(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  /// A file's number: another when it was written again.
  func inode(_ name: String) throws -> Int {
    let facts = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
    return try #require(facts[.systemFileNumber] as? Int)
  }

  /// A recording of functions called by one another's `main`.
  static func artifact(_ counts: [(name: String, count: Int)]) throws -> [UInt8] {
    var profile = Profile(sampleTypes: [
      .init(type: "samples", unit: "count"), .init(type: "cpu", unit: "nanoseconds"),
    ])
    profile.defaultSampleType = 1
    profile.functions = [.init(name: "main")] + counts.map { .init(name: $0.name) }
    profile.locations = profile.functions.indices.map {
      .init(mapping: nil, address: 0, lines: [.init(function: $0)])
    }
    profile.samples = counts.enumerated().map { index, entry in
      let count = Int64(entry.count)
      return .init(locations: [index + 1, 0], values: [count, count * 10_101_010])
    }
    return try PprofFormat.encode(profile)
  }

  @discardableResult
  func keep(
    _ counts: [(name: String, count: Int)], at seconds: Int64, label: String = "work",
    commit: String = "4373855abcde"
  ) throws -> RunName {
    try history.keep(
      Self.artifact(counts), seconds: seconds, commit: commit, label: RunName.label(for: label))
  }

  /// Puts the result of a load beside a run.
  func keep(load: LoadResult, of run: RunName) throws {
    let saved = SavedResults(
      version: "1", commit: "x", machine: ["cpu": "of a test", "cpus": "2"], runs: [load])
    try write(try saved.compressed(), run.stem + RunFile.bench.ending)
  }

  /// What python's own reader of HTML finds: tags, and references that lead nowhere.
  func judge() throws -> (tags: Set<String>, broken: [String], text: String) {
    let script = """
      import html.parser, json, os, sys, urllib.parse
      tags, refs, ids, text = set(), [], set(), []
      class Reader(html.parser.HTMLParser):
          def handle_starttag(self, tag, attributes):
              tags.add(tag)
              for name, value in attributes:
                  if name in ("href", "src"): refs.append(value)
                  if name == "id": ids.add(value)
                  if name.startswith("on"): tags.add("handler " + name)
          def handle_data(self, data): text.append(data)
      Reader().feed(open(sys.argv[1] + "/index.html", encoding="utf-8").read())
      def leads(ref):
          if ref.startswith("#"): return urllib.parse.unquote(ref[1:]) in {urllib.parse.unquote(i) for i in ids}
          return "/" not in ref and os.path.isfile(os.path.join(sys.argv[1], urllib.parse.unquote(ref)))
      print(json.dumps({"tags": sorted(tags), "broken": [r for r in refs if not leads(r)], "text": "\\n".join(text)}))
      """
    let output = try Tool.run("/usr/bin/python3", ["-c", script, path])
    let answer = try #require(
      JSONSerialization.jsonObject(with: Data(output)) as? [String: Any])
    return (
      Set(try #require(answer["tags"] as? [String])), try #require(answer["broken"] as? [String]),
      try #require(answer["text"] as? String)
    )
  }
}

extension Style {
  static var plain: Style { Style(.never, for: .output) }
}
