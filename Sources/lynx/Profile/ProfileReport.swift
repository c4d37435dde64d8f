import Profiles
import Recording
import Terminal

/// What is said of a recording when it is written.
struct ProfileReport {
  let summary: RecordingSummary
  /// From the moment the stop was noticed until the last output was in place.
  let processingSeconds: Double
  let written: [ProfileOutputs.Written]
  let top: TopFunctions
  /// Whether the kernel followed frame pointers.
  let usesFramePointers: Bool

  private static let shownFunctions = 5
  /// Fewer unnamed frames than this share are not worth a line to everybody.
  private static let notablePercent = 1.0

  var json: JSONValue {
    [
      "schema": 1,
      "samples": .integer(summary.samples),
      "lost": .integer(Int64(clamping: summary.lost)),
      "throttled": .integer(Int64(clamping: summary.throttled)),
      "truncated_percent": .number(rounded(summary.truncatedPercent)),
      "rooted_percent": .number(rounded(summary.rootedPercent)),
      "unresolved_percent": .number(rounded(summary.unresolvedPercent)),
      "duration_seconds": .number(summary.durationSeconds),
      "processing_seconds": .number(processingSeconds),
      "profiler_cpu_seconds": .number(summary.profilerCPUSeconds),
      "peak_memory_bytes": .integer(summary.peakMemoryBytes),
      "event": .string(summary.event),
      "frequency": .integer(Int64(summary.frequency)),
      "rule_cache_hit_percent": .number(rounded(summary.ruleCacheHitPercent)),
      "notes": .array((summary.notes + advice).map { .string($0) }),
      "unresolved": .array(
        summary.unresolved.map { module in
          [
            "module": .string(module.module), "samples": .integer(module.samples),
            "reason": .string(module.reason),
          ]
        }),
      "top": .array(
        heaviest.map { row in
          [
            "function": .string(row.name),
            "self_percent": .number(rounded(percent(row.selfValue))),
            "total_percent": .number(rounded(percent(row.totalValue))),
          ]
        }),
      "outputs": .array(written.map(\.json)),
    ]
  }

  func text(style: Style, isVerbose: Bool) -> String {
    var lines = [
      style.bold("\(NumberText.grouped(summary.samples)) samples")
        + " of \(summary.event) at \(summary.frequency) Hz in "
        + "\(NumberText.fixed(summary.durationSeconds, places: 1)) s"
    ]
    var quality = [
      "\(NumberText.fixed(summary.rootedPercent, places: 1))% of stacks whole",
      "\(NumberText.fixed(summary.truncatedPercent, places: 1))% truncated",
      "\(NumberText.fixed(summary.unresolvedPercent, places: 1))% of frames unnamed",
    ]
    quality.append(
      summary.lost == 0
        ? "none lost" : style.red("\(NumberText.grouped(summary.lost)) samples lost"))
    if summary.throttled > 0 {
      quality.append(style.yellow("throttled \(NumberText.grouped(summary.throttled)) times"))
    }
    lines.append("  " + quality.joined(separator: ", "))
    var table = Table([.init("self", .right), .init("total", .right), .init("function")])
    for row in heaviest {
      table.append([
        NumberText.percentage(row.selfValue, of: top.total),
        NumberText.percentage(row.totalValue, of: top.total), row.name,
      ])
    }
    let width = StandardStream.error.columns.map { $0 - 2 }
    lines += table.lines(width: width).map { "  " + $0 }
    lines += unresolvedLines(isVerbose: isVerbose)
    lines += advice.map { "  " + $0 }
    if isVerbose {
      lines.append(
        "  \(NumberText.fixed(summary.profilerCPUSeconds, places: 2)) s of CPU time and at most "
          + "\(SizeText.approximate(Int(summary.peakMemoryBytes))) of memory used by lynx, "
          + "\(NumberText.fixed(summary.ruleCacheHitPercent, places: 1))% of unwinding rules cached"
      )
    }
    let files = written.map {
      "\(printable($0.output.path)) (\(SizeText.approximate($0.byteCount)))"
    }
    lines.append(
      "wrote \(files.joined(separator: ", ")) in "
        + "\(NumberText.fixed(processingSeconds, places: 2)) s")
    return lines.joined(separator: "\n") + "\n"
  }

  private func unresolvedLines(isVerbose: Bool) -> [String] {
    guard isVerbose || summary.unresolvedPercent >= Self.notablePercent else { return [] }
    return summary.unresolved.prefix(isVerbose ? 20 : 3).map { module in
      "  no names in \(printable(module.module)) "
        + "(\(NumberText.grouped(module.samples)) samples): \(module.reason)"
    }
  }

  /// The functions with the most time of their own; none without any.
  private var heaviest: ArraySlice<TopFunctions.Row> {
    top.rows.prefix(Self.shownFunctions).prefix { $0.selfValue > 0 }
  }

  /// What would make the next recording better.
  private var advice: [String] {
    var advice: [String] = []
    if summary.truncatedPercent >= Self.notablePercent {
      advice.append("stacks are deeper than their copy: try --stack-size 65528")
    }
    if usesFramePointers, summary.rootedPercent < 50 {
      advice.append(
        "most stacks end early, where code has no frame pointers: try --call-graph dwarf")
    }
    return advice
  }

  private func percent(_ value: Int64) -> Double {
    top.total == 0 ? 0 : 100 * Double(value) / Double(top.total)
  }

  private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
