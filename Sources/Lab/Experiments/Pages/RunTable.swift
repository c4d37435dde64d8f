internal import Terminal

/// Runs below one another: figures of the load, and where the server's time goes.
struct RunTable {
  /// A run, and the one that it is compared with, if there is one.
  struct Row {
    var figures: RunFigures
    var previous: RunFigures?
    /// What stands in the first column instead of the name, as HTML.
    var title: String?
    /// What stands in a column behind all others, as HTML.
    var remark = ""
  }

  let rows: [Row]
  var firstTitle = "scenario"
  /// Nil for no column of remarks.
  var remarkTitle: String?

  static func color(of layer: ServerLayers.Layer) -> String {
    switch layer {
    case .network: "#4c78a8"
    case .parsing: "#f58518"
    case .cache: "#54a24b"
    case .database: "#b279a2"
    case .clicks: "#e45756"
    case .runtime: "#9d755d"
    case .kernel: "#72b7b2"
    case .other: "#bab0ac"
    }
  }

  /// What the colours of layers mean.
  static var legend: String {
    ServerLayers.Layer.allCases.map {
      "<span class=\"key\" style=\"background:\(color(of: $0))\"></span>\($0.rawValue)"
    }.joined()
  }

  /// Whether any run was one under load: the others have no figures to show.
  private var hasLoads: Bool { rows.contains { $0.figures.load != nil } }
  private var hasLayers: Bool { rows.contains { $0.figures.layers != nil } }

  private var titles: [String] {
    var titles = [firstTitle]
    if hasLoads {
      titles += ["connections"] + RunFigures.Load.Figure.allCases.map(\.title) + ["errors"]
    }
    titles.append("samples")
    if hasLayers { titles.append("where it goes") }
    return titles
  }

  var html: String {
    let last = remarkTitle.map { "<th class=\"text\">\($0)</th>" } ?? ""
    let heads = titles.map { "<th>\($0)</th>" }.joined() + last
    return """
      <div class="wide"><table>
      <thead><tr>\(heads)</tr></thead>
      <tbody>
      \(rows.map(html).joined(separator: "\n"))
      </tbody>
      </table></div>
      """
  }

  private func html(_ row: Row) -> String {
    var cells = [row.title ?? HTMLText.escaped(row.figures.name)]
    if hasLoads {
      if let load = row.figures.load {
        cells.append(NumberText.grouped(load.connections))
        for figure in RunFigures.Load.Figure.allCases {
          let value = figure.value(of: load)
          var cell = figure.text(value)
          if let change = change(figure, value, row.previous) { cell += "<small>\(change)</small>" }
          cells.append(cell)
        }
        cells.append(NumberText.grouped(load.errors))
      } else {
        cells += Array(repeating: "–", count: RunFigures.Load.Figure.allCases.count + 2)
      }
    }
    cells.append(NumberText.grouped(row.figures.samples))
    if hasLayers { cells.append(row.figures.layers.map(bar) ?? "–") }
    let last = remarkTitle == nil ? "" : "<td class=\"text\">\(row.remark)</td>"
    return "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + last + "</tr>"
  }

  private func change(
    _ figure: RunFigures.Load.Figure, _ value: Double?, _ previous: RunFigures?
  ) -> String? {
    guard let value, let load = previous?.load, let old = figure.value(of: load) else { return nil }
    return FigureText.change(value, old)
  }

  private func bar(_ layers: ServerLayers) -> String {
    let parts = layers.shares.filter { $0.share > 0.0005 }.map { layer, share in
      let percent = NumberText.fixed(share * 100, places: 1)
      // In a narrower part there is no room for it.
      let figure = share < 0.12 ? "" : NumberText.fixed(share * 100, places: 0) + " %"
      return "<span style=\"width:\(percent)%;background:\(Self.color(of: layer))\" "
        + "title=\"\(layer.rawValue) \(percent) %\">\(figure)</span>"
    }
    return "<div class=\"bar\">\(parts.joined())</div>"
  }

  var markdown: String {
    MarkdownText.table(
      titles, alignedLeft: [0, hasLayers ? titles.count - 1 : 0],
      rows.map { row in
        var cells = [MarkdownText.escaped(row.figures.name)]
        if hasLoads {
          if let load = row.figures.load {
            cells.append(NumberText.grouped(load.connections))
            for figure in RunFigures.Load.Figure.allCases {
              let value = figure.value(of: load)
              let change = change(figure, value, row.previous).map { " (\($0))" } ?? ""
              cells.append(figure.text(value) + change)
            }
            cells.append(NumberText.grouped(load.errors))
          } else {
            cells += Array(repeating: "–", count: RunFigures.Load.Figure.allCases.count + 2)
          }
        }
        cells.append(NumberText.grouped(row.figures.samples))
        if hasLayers { cells.append(row.figures.layers?.text ?? "–") }
        return cells
      })
  }
}
