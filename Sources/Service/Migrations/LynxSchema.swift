internal import CLynxSchema
public import Databases

/// The migrations of the service's own database, carried in the executable.
public enum LynxSchema {
  /// In the order of their versions.
  public static func migrations(for dialect: SQLDialect) throws(MigrationError) -> [Migration] {
    let engine = dialect == .sqlite ? LYNX_SCHEMA_SQLITE : LYNX_SCHEMA_POSTGRES
    let files = (0..<lynx_schema_file_count(engine)).map { index in
      let file = lynx_schema_file_at(engine, index)
      return (
        name: String(cString: file.name),
        bytes: [UInt8](UnsafeBufferPointer(start: file.bytes, count: file.count))
      )
    }
    let folder = dialect == .sqlite ? "sqlite" : "postgres"
    return try MigrationDirectory.migrations(of: files) { "lynx:\(folder)/\($0)" }
  }
}

extension DatabaseURL {
  /// Whose SQL the database understands.
  public var dialect: SQLDialect {
    switch engine {
    case .sqlite: .sqlite
    case .postgres: .postgres
    }
  }
}
