internal import Databases
internal import Links

/// A query for links as a statement: one for each combination of filters.
struct PostgresSearch {
  private(set) var statement: PostgresStatement
  private(set) var parameters: [PostgresParameter] = []

  init(_ query: LinkQuery) {
    var name = "links"
    var conditions: [String] = []
    var types: [PostgresStatement.ParameterType] = []
    var parameters: [PostgresParameter] = []
    func next(_ type: PostgresStatement.ParameterType, _ value: PostgresParameter) -> String {
      types.append(type)
      parameters.append(value)
      return "$\(types.count)"
    }
    if let text = query.text {
      name += "-text"
      let pattern = next(.text, .text("%" + Self.escaped(text) + "%"))
      let part = next(.text, .text(text))
      // The index folds more than ASCII's case: it finds candidates, the collation "C" decides.
      conditions.append(
        """
        (short_code LIKE \(pattern) OR (lower(original_url) LIKE lower(\(pattern))
          AND position(lower(\(part) COLLATE "C") IN lower(original_url COLLATE "C")) > 0))
        """)
    }
    if let user = query.createdBy {
      name += "-by"
      conditions.append("created_by = \(next(.text, .text(user)))")
    }
    if let first = query.createdFrom {
      name += "-from"
      conditions.append("created_at >= \(next(.int64, .int64(first)))")
    }
    if let last = query.createdTo {
      name += "-to"
      conditions.append("created_at <= \(next(.int64, .int64(last)))")
    }
    if let isActive = query.isActive {
      name += "-active"
      conditions.append("is_active = \(next(.bool, .bool(isActive)))")
    }
    if let after = query.after {
      name += "-after"
      let moment = next(.int64, .int64(after.createdAt))
      conditions.append("(created_at, id) < (\(moment), \(next(.int64, .int64(after.id))))")
    }
    let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    let limit = next(.int64, .int64(Int64(query.limit + 1)))
    statement = PostgresStatement(
      name,
      """
      SELECT \(PostgresStatements.linkColumns) FROM urls \(filter)
      ORDER BY created_at DESC, id DESC LIMIT \(limit)
      """, types)
    self.parameters = parameters
  }

  /// The text as LIKE takes it literally.
  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      if "\\%_".unicodeScalars.contains(scalar) { escaped += "\\" }
      escaped.unicodeScalars.append(scalar)
    }
    return escaped
  }
}
