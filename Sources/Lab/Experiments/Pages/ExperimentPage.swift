internal import Terminal

/// A page that shows experiments side by side: figures, the share of each layer, and the flame graph.
public struct ExperimentPage: Sendable {
  /// One experiment and the files that belong to it, beside the page.
  public struct Entry: Sendable {
    public var figures: RunFigures
    public var picture: String
    public var artifact: String
    public var result: String

    public init(figures: RunFigures, picture: String, artifact: String, result: String) {
      self.figures = figures
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

  private var table: RunTable { RunTable(rows: entries.map { .init(figures: $0.figures) }) }

  /// One HTML file that needs nothing but the pictures beside it.
  public var html: String {
    HTMLText.page(
      title: title,
      body: """
        \(lines.map { "<p class=\"dim\">\(HTMLText.escaped($0))</p>" }.joined(separator: "\n"))
        <p>\(RunTable.legend)</p>
        \(table.html)
        <div class="grid">
        \(entries.map(section).joined(separator: "\n"))
        </div>
        """)
  }

  /// The table for a summary elsewhere.
  public var markdown: String {
    "### \(MarkdownText.escaped(title))\n\n\(table.markdown)\n"
      + lines.map { MarkdownText.escaped($0) + "\n" }.joined(separator: "\n")
  }

  private func section(_ entry: Entry) -> String {
    let figures = entry.figures
    let name = HTMLText.escaped(figures.name)
    let connections = figures.load.map { ", \(NumberText.grouped($0.connections)) connections" }
    let shares = figures.layers.map { $0.text + "; " } ?? ""
    let notes = (figures.load?.notes ?? []).map { "<p class=\"dim\">\(HTMLText.escaped($0))</p>\n" }
    let picture = HTMLText.reference(entry.picture)
    return """
      <section>
      <h2>\(name)\(connections ?? "")</h2>
      <p class="dim">\(shares)\(NumberText.grouped(figures.samples)) samples</p>
      \(notes.joined())<a href="\(picture)"><img src="\(picture)" loading="lazy" alt="Flame graph of \(name)"></a>
      <p>\(HTMLText.link(entry.picture, "picture")), \
      \(HTMLText.link(entry.artifact, "recording (pprof)")), \
      \(HTMLText.link(entry.result, "load test"))</p>
      </section>
      """
  }
}
