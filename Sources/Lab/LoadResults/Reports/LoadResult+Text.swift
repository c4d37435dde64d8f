public import Terminal

extension LoadResult {
  /// The run for people, in lines of at most `width` columns.
  public func lines(style: Style, width: Int = 80) -> [String] {
    let heading = cut(printable("\(name): \(url)"), toWidth: width)
    var lines = [style.bold(heading)] + wrapped(setting, width: width, indent: "  ") + [""]
    for (title, text, mark) in facts {
      let indent = String(repeating: " ", count: Self.titleWidth)
      let padding = String(repeating: " ", count: Self.titleWidth - title.count)
      let told = wrapped(text, width: width - Self.titleWidth, indent: "")
      for (index, line) in told.enumerated() {
        lines.append((index == 0 ? title + padding : indent) + mark(style, line))
      }
    }
    lines += [""] + latencyLines
    let drawing = LatencyDrawing(latency).lines(width: width)
    if !drawing.isEmpty {
      let start = serviceTime == nil ? "" : ", from the intended start"
      lines += ["", "distribution of latency\(start)"] + drawing
    }
    if !allNotes.isEmpty { lines.append("") }
    for note in allNotes {
      lines += wrapped("note: \(note)", width: width, indent: "  ").map { style.yellow($0) }
    }
    return lines
  }

  private static let titleWidth = 14

  private var setting: String {
    var parts = [
      QuantityText.count(threads, "thread"), QuantityText.count(connections, "connection"),
      QuantityText.time(seconds: durationSeconds),
    ]
    if pipeline > 1 { parts.append("\(pipeline) requests at once on each") }
    if let rate { parts.append("\(QuantityText.rate(rate)) requests/sec asked for") }
    return parts.joined(separator: ", ")
  }

  private typealias Fact = (title: String, text: String, mark: (Style, String) -> String)

  private var facts: [Fact] {
    let plain = { (_: Style, text: String) in text }
    var facts: [Fact] = [
      ("requests/sec", QuantityText.rate(requestsPerSecond), { $0.bold($1) }),
      ("transfer/sec", QuantityText.bytes(bytesPerSecond), plain),
      (
        "requests",
        "\(NumberText.grouped(requests)) answered as expected, "
          + "\(QuantityText.bytes(Double(bytesReceived))) received", plain
      ),
      ("CPU", Self.cpuText(cpuSeconds, cpuSecondsPerRequest) + " (load generator)", plain),
    ]
    if let serverCPUSeconds {
      facts.append(
        ("server CPU", Self.cpuText(serverCPUSeconds, serverCPUSecondsPerRequest), plain))
    }
    if let schedule { facts.append(("schedule", schedule.text, plain)) }
    if !statuses.isEmpty {
      let texts = statuses.sorted { $0.key < $1.key }.map { status, count in
        "\(status): \(NumberText.grouped(count))"
      }
      facts.append(("status", texts.joined(separator: ", "), plain))
    }
    let errors = errors.kinds.filter { $0.count != 0 }
    if errors.isEmpty {
      facts.append(("errors", "none", { $0.green($1) }))
    } else {
      let texts = errors.map { "\($0.text): \(NumberText.grouped($0.count))" }
      facts.append(("errors", texts.joined(separator: ", "), { $0.red($1) }))
    }
    return facts
  }

  private static func cpuText(_ seconds: Double, _ each: Double?) -> String {
    QuantityText.time(seconds: seconds)
      + (each.map { ", \(QuantityText.time(seconds: $0)) a request" } ?? "")
  }
}

extension LoadResult {
  /// The notes of the run, and those that follow from its figures.
  var allNotes: [String] {
    var notes = notes
    // Of service times no more are: they are no longer than latencies.
    let clamped = latency.clampedCount
    if clamped > 0 {
      notes.append(
        "\(QuantityText.count(clamped, "latency", plural: "latencies")) of more than an hour "
          + "count as one hour")
    }
    return notes
  }
}

extension ScheduleResult {
  var text: String {
    guard scheduled > 0 else { return "no request was due" }
    return "\(QuantityText.count(scheduled, "start")) due, "
      + "\(NumberText.grouped(lateStarts)) more than 1 ms late, "
      + "the latest by \(QuantityText.time(seconds: largestDelaySeconds))"
  }
}
