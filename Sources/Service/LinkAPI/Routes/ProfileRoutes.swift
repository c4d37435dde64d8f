internal import Hummingbird
internal import NIOCore
internal import Synchronization

/// Profiles of the server itself, where Go's programs have theirs, for the tools that look there
/// (`go tool pprof`, Parca, Pyroscope).
final class ProfileRoutes: Sendable {
  private static let seconds = 1...600
  private static let hertz = 1...1_000
  /// How long the naming of what was recorded may take on a busy machine.
  private static let namingTime = 60

  private let take: ProfileTaking
  private let isRunning = Atomic(false)

  init(take: @escaping ProfileTaking) { self.take = take }

  var all: [Route] { [.guarded(.get, "/debug/pprof/profile", profile)] }

  @Sendable private func profile(_ request: Request, _ context: APIContext) async throws -> Response
  {
    try Self.requirePermission(request, context)
    try await request.requireEmptyBody()
    // Scrapers with parameters of their own configured add `seconds` once for each target they have.
    let parameters = try QueryParameters(
      request.uri.query, known: ["seconds", "hz"], allowingRepeats: true)
    let wanted = ProfileRequest(
      seconds: try Self.number("seconds", in: Self.seconds, of: parameters) ?? 30,
      hertz: try Self.number("hz", in: Self.hertz, of: parameters) ?? 99)
    guard
      isRunning.compareExchange(
        expected: false, desired: true, ordering: .acquiringAndReleasing
      ).exchanged
    else {
      throw APIError(.conflict, "a profile is being taken; ask again when that is done")
    }
    defer { isRunning.store(false, ordering: .releasing) }
    context.allowTime(.seconds(wanted.seconds + Self.namingTime))
    do {
      return .text(
        ByteBuffer(bytes: try await take(wanted)), "application/octet-stream",
        fields: [.contentDisposition: "attachment; filename=\"lynx.pb.gz\""])
    } catch let error as ProfileRefusal {
      throw APIError(.serviceUnavailable, error.description, fields: [.retryAfter: "10"])
    } catch is CancellationError {
      throw APIError(
        .serviceUnavailable, "the profile was given up, since the server stops",
        fields: [.retryAfter: "10"])
    }
  }

  /// It costs CPU time, and shows what the server is at.
  private static func requirePermission(_ request: Request, _ context: APIContext) throws {
    // A page of another site cannot read it, but might keep this server at it.
    try RouteTable.refuseForeignPages(request)
    if context.caller.checksOwners {
      guard context.caller.isAdmin else {
        throw APIError(.forbidden, "only admins may do this")
      }
    } else if !context.isFromThisMachine {
      throw APIError(
        .forbidden, "without keys profiles are given to clients on the server's machine alone")
    }
  }

  private static func number(
    _ name: String, in range: ClosedRange<Int>, of parameters: QueryParameters
  ) throws(APIError) -> Int? {
    guard let number = try parameters.integer(name) else { return nil }
    guard let number = Int(exactly: number), range.contains(number) else {
      throw APIError(
        .badRequest,
        "the query parameter '\(name)' is not from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
