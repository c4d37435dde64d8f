import Hummingbird

/// Answers `GET /hello/NAME` on 127.0.0.1, on the port given as the first argument.
@main
struct SwiftServer {
  static func main() async throws {
    let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8085
    let router = Router()
    router.get("/hello/:name") { _, context in
      let name = try context.parameters.require("name")
      return "Hello, \(name)!"
    }
    let application = Application(
      router: router,
      configuration: .init(address: .hostname("127.0.0.1", port: port)))
    try await application.runService()
  }
}
