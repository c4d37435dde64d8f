/// Rows of text in aligned columns, two blanks apart.
public struct Table: Sendable {
  public enum Alignment: Sendable {
    case left
    /// For numbers.
    case right
  }

  public struct Column: Sendable {
    public var title: String
    public var alignment: Alignment

    public init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  public init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row; cells that are missing are empty, cells too many are left out.
  public mutating func append(_ cells: [String]) {
    rows.append(
      columns.indices.map { index in
        cells.indices.contains(index) ? printable(cells[index]) : ""
      })
  }

  /// The titles and then the rows, without line ends and without blanks at the end of a line.
  ///
  /// No line is wider than `width` columns, if one is given: the last column is cut.
  public func lines(width: Int? = nil) -> [String] {
    let all = [columns.map { printable($0.title) }] + rows
    var widths = columns.map { _ in 0 }
    for cells in all {
      for index in cells.indices { widths[index] = max(widths[index], displayWidth(cells[index])) }
    }
    return all.map { cells in
      let line = line(of: cells, widths: widths)
      return width.map { cut(line, toWidth: $0) } ?? line
    }
  }

  private func line(of cells: [String], widths: [Int]) -> String {
    var line = ""
    for (index, column) in columns.enumerated() {
      if index > 0 { line += "  " }
      let padding = String(repeating: " ", count: widths[index] - displayWidth(cells[index]))
      line += column.alignment == .right ? padding + cells[index] : cells[index] + padding
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
