/// Where other tools record what they applied.
enum OtherTools {
  /// Names of tables, with whose they are.
  static let tables: [(name: String, tool: String)] = [
    ("schema_migrations", "dbmate, golang-migrate or Rails"),
    ("flyway_schema_history", "Flyway"), ("databasechangelog", "Liquibase"),
    ("goose_db_version", "goose"), ("_sqlx_migrations", "sqlx"),
    ("__diesel_schema_migrations", "Diesel"), ("refinery_schema_history", "refinery"),
    ("alembic_version", "Alembic"), ("django_migrations", "Django"),
    ("knex_migrations", "Knex"), ("_prisma_migrations", "Prisma"),
  ]

  /// As SQL writes a list of them.
  static var list: String { tables.map { "'\($0.name)'" }.joined(separator: ", ") }

  static func sentence(_ table: String) -> String {
    let tool = tables.first { $0.name == table }?.tool ?? "another tool"
    return "the database was migrated by another tool: it has the table \(table) of \(tool), and "
      + "nothing is recorded in lynx_migrations; record what is applied with lynx migrate baseline "
      + "--to VERSION (0 for nothing) and then apply the rest"
  }
}
