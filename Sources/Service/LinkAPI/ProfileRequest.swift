/// A profile of this process that somebody asks for.
public struct ProfileRequest: Sendable, Equatable {
  /// How long to sample.
  public let seconds: Int
  /// Samples per second of CPU time of each thread.
  public let hertz: Int

  public init(seconds: Int, hertz: Int) {
    self.seconds = seconds
    self.hertz = hertz
  }
}

/// Takes a profile of this process: the bytes of a gzip-compressed pprof.
///
/// A task that is cancelled ends the recording: then it throws `CancellationError`. Whatever else
/// stands in the way is a ``ProfileRefusal``.
public typealias ProfileTaking = @Sendable (ProfileRequest) async throws -> [UInt8]

/// Why there is no profile: one sentence without a full stop.
public struct ProfileRefusal: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
