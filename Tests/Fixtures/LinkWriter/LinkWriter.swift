import Databases
import Glibc
import LinkStores
import Links

/// Creates links as fast as it can until it is killed, and writes a line with the code of each to
/// standard output once it was acknowledged: what tests of durability kill and trace.
///
///     LinkWriter DATABASE_URL PREFIX OUTSTANDING [COUNT]
@main
struct LinkWriter {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4, let outstanding = Int(arguments[3]) else {
      print("usage: LinkWriter DATABASE_URL PREFIX OUTSTANDING [COUNT]")
      exit(64)
    }
    let count = arguments.count > 4 ? Int(arguments[4]) ?? .max : .max
    let store = try await openStore(DatabaseURL(arguments[1]))
    let prefix = arguments[2]
    let destination = try Destination("https://example.org/a/destination/of/usual/length")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<outstanding {
        group.addTask {
          var number = worker
          while number < count {
            let link = try await store.create(
              NewLink(
                code: ShortCode(custom: "\(prefix)-\(number)"), destination: destination,
                createdBy: nil))
            // One system call, so that a line is written whole or not at all.
            let line = Array("\(link.code)\n".utf8)
            guard write(1, line, line.count) == line.count else { exit(1) }
            number += outstanding
          }
        }
      }
      try await group.waitForAll()
    }
    await store.close()
  }

  static func openStore(_ database: DatabaseURL) async throws -> any LinkStore {
    switch database.engine {
    case .sqlite(let path): return try SQLiteLinkStore(path: path)
    case .postgres(let conninfo): return try PostgresLinkStore(conninfo: conninfo)
    }
  }
}
