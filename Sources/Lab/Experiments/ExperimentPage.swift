public import LoadResults
internal import Terminal

/// A page that shows experiments side by side: figures, the share of each layer, and the flame graph.
public struct ExperimentPage: Sendable {
  /// One experiment and the files that belong to it, beside the page.
  public struct Entry: Sendable {
    public var load: LoadResult
    public var layers: ServerLayers
    public var samples: Int64
    public var picture: String
    public var artifact: String
    public var result: String

    public init(
      load: LoadResult, layers: ServerLayers, samples: Int64, picture: String, artifact: String,
      result: String
    ) {
      self.load = load
      self.layers = layers
      self.samples = samples
      self.picture = picture
      self.artifact = artifact
      self.result = result
    }
  }

  public var title: String
  /// What was measured and where, in sentences.
  public var lines: [String]
  public var entries: [Entry]

  public init(title: String, lines: [String], entries: [Entry]) {
    self.title = title
    self.lines = lines
    self.entries = entries
  }

  private static let colors: [ServerLayers.Layer: String] = [
    .network: "#4c78a8", .parsing: "#f58518", .cache: "#54a24b", .database: "#b279a2",
    .clicks: "#e45756", .runtime: "#9d755d", .kernel: "#72b7b2", .other: "#bab0ac",
  ]

  /// One HTML file that needs nothing but the pictures beside it.
  public var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(Self.escaped(title))</title>
    <style>
    :root { color-scheme: light dark; }
    body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 90rem; padding: 0 1rem; }
    h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 0 0 .4rem; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #8884; }
    th:first-child, td:first-child { text-align: left; }
    .bar { display: flex; height: 1rem; min-width: 18rem; border-radius: 3px; overflow: hidden; }
    .bar span { display: block; }
    .key { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin: 0 .3rem 0 .9rem; }
    .grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(38rem, 1fr)); gap: 1.5rem; }
    section { border: 1px solid #8884; border-radius: 6px; padding: .8rem; }
    img { width: 100%; background: #fff; }
    p { margin: .3rem 0; } .dim { opacity: .7; }
    @media (max-width: 45rem) { .grid { grid-template-columns: 1fr; } }
    </style>
    </head>
    <body>
    <h1>\(Self.escaped(title))</h1>
    \(lines.map { "<p class=\"dim\">\(Self.escaped($0))</p>" }.joined(separator: "\n"))
    <p>\(legend)</p>
    <table>
    <thead><tr><th>scenario</th><th>connections</th><th>requests/s</th><th>p50</th><th>p99</th>\
    <th>p99.9</th><th>errors</th><th>server CPU a request</th><th>where it goes</th></tr></thead>
    <tbody>
    \(entries.map(row).joined(separator: "\n"))
    </tbody>
    </table>
    <div class="grid">
    \(entries.map(section).joined(separator: "\n"))
    </div>
    </body>
    </html>

    """
  }

  private var legend: String {
    ServerLayers.Layer.allCases.map {
      "<span class=\"key\" style=\"background:\(Self.colors[$0] ?? "#888")\"></span>\($0.rawValue)"
    }.joined()
  }

  private func row(_ entry: Entry) -> String {
    let load = entry.load
    func time(_ percentile: Double) -> String {
      load.latency.isEmpty
        ? "–" : Self.time(Double(load.latency.nanoseconds(atPercentile: percentile)))
    }
    let cpu = load.serverCPUSecondsPerRequest.map { Self.time($0 * 1e9) } ?? "–"
    return "<tr><td>\(Self.escaped(load.name))</td><td>\(load.connections)</td>"
      + "<td>\(NumberText.grouped(Int(load.requestsPerSecond.rounded())))</td><td>\(time(50))</td>"
      + "<td>\(time(99))</td><td>\(time(99.9))</td><td>\(load.errors.total)</td><td>\(cpu)</td>"
      + "<td>\(bar(entry.layers))</td></tr>"
  }

  private func bar(_ layers: ServerLayers) -> String {
    let parts = layers.shares.filter { $0.share > 0.0005 }.map { layer, share in
      let percent = NumberText.fixed(share * 100, places: 1)
      return "<span style=\"width:\(percent)%;background:\(Self.colors[layer] ?? "#888")\" "
        + "title=\"\(layer.rawValue) \(percent) %\"></span>"
    }
    return "<div class=\"bar\">\(parts.joined())</div>"
  }

  private func section(_ entry: Entry) -> String {
    let shares = entry.layers.shares.filter { $0.share > 0.0005 }.sorted { $0.share > $1.share }
      .map { "\($0.layer.rawValue) \(NumberText.fixed($0.share * 100, places: 1)) %" }
    let notes = entry.load.notes.map { "<p class=\"dim\">\(Self.escaped($0))</p>" }
    return """
      <section>
      <h2>\(Self.escaped(entry.load.name)), \(entry.load.connections) connections</h2>
      <p class="dim">\(shares.joined(separator: ", ")); \(NumberText.grouped(entry.samples)) samples</p>
      \(notes.joined(separator: "\n"))
      <a href="\(Self.escaped(entry.picture))"><img src="\(Self.escaped(entry.picture))" \
      alt="Flame graph of \(Self.escaped(entry.load.name))"></a>
      <p><a href="\(Self.escaped(entry.picture))">picture</a>, \
      <a href="\(Self.escaped(entry.artifact))">recording (pprof)</a>, \
      <a href="\(Self.escaped(entry.result))">load test</a></p>
      </section>
      """
  }

  private static func time(_ nanoseconds: Double) -> String {
    if nanoseconds < 1e6 { return NumberText.fixed(nanoseconds / 1e3, places: 1) + " µs" }
    if nanoseconds < 1e9 { return NumberText.fixed(nanoseconds / 1e6, places: 2) + " ms" }
    return NumberText.fixed(nanoseconds / 1e9, places: 2) + " s"
  }

  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }
}
