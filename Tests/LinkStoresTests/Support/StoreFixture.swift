import Databases
import Foundation
import LinkStores
import Links
import Migrations
import TestSupport

/// The engines that keep links, all of which behave alike.
enum TestedEngine: String, CaseIterable, Sendable {
  case sqlite, postgres
}

/// A store on a database of its own with the Lynx schema, gone with the fixture.
final class StoreFixture: Sendable {
  let store: any LinkStore
  let database: DatabaseURL
  /// With its password, unlike ``database``'s description.
  let url: String
  /// Everything of it that is on disk.
  let directory: String

  /// - Parameter server: the one of PostgreSQL, else the one that tests share.
  init(_ engine: TestedEngine, server: PostgresServer? = nil) throws {
    directory = NSTemporaryDirectory() + "lynx-store-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    switch engine {
    case .sqlite:
      url = "sqlite://\(directory)/links.db"
      database = try DatabaseURL(url)
      _ = try Migrator(database: database, origin: .embedded(.sqlite)).up()
      store = try Self.openStore(database)
    case .postgres:
      let server = try server ?? PostgresServer.shared()
      url = try server.url(database: server.makeDatabase())
      database = try DatabaseURL(url)
      _ = try Migrator(database: database, origin: .embedded(.postgres)).up()
      store = try Self.openStore(database)
    }
  }

  static func openStore(_ database: DatabaseURL) throws -> any LinkStore {
    switch database.engine {
    case .sqlite(let path): try SQLiteLinkStore(path: path)
    case .postgres(let conninfo): try PostgresLinkStore(conninfo: conninfo)
    }
  }

  /// Runs SQL as somebody who knows nothing of Lynx.
  func execute(_ sql: String) throws {
    switch database.engine {
    case .sqlite(let path): try SQLiteConnection(path: path).execute(sql)
    case .postgres(let conninfo): try PostgresConnection(conninfo: conninfo).execute(sql)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  @discardableResult
  func create(
    _ code: String, _ destination: String = "https://example.org/", by user: String? = nil
  ) async throws -> Link {
    try await store.create(
      NewLink(
        code: try ShortCode(custom: code), destination: try Destination(destination),
        createdBy: user))
  }

  /// All pages of a query, with the limits that `limit` gives.
  func pages(
    _ query: LinkQuery, limit: () -> Int = { LinkQuery.defaultLimit }
  ) async throws -> [Link] {
    var links: [Link] = []
    var position: LinkPosition?
    while true {
      let page = try await store.links(
        LinkQuery(
          text: query.text, createdBy: query.createdBy, createdFrom: query.createdFrom,
          createdTo: query.createdTo, isActive: query.isActive, limit: limit(), after: position))
      links += page.links
      guard let end = page.end else { return links }
      position = end
    }
  }
}
