internal import Synchronization

/// Creates links under generated codes; may be shared by all tasks.
public final class CodeSource: Sendable {
  private let generator: Mutex<CodeGenerator>
  private static let maximumDraws = 64

  public init(maximumLength: Int = ShortCode.defaultMaximumLength) {
    generator = Mutex(CodeGenerator(maximumLength: maximumLength))
  }

  /// Creates a link, drawing codes until one is free. Throws what the store throws, except
  /// ``LinkError/codeTaken(_:)``.
  public func create(
    _ destination: Destination, by creator: String?, in store: some LinkStore
  ) async throws(LinkError) -> Link {
    for collisions in 0..<Self.maximumDraws {
      let code = generator.withLock { generator in
        var random = SystemRandomNumberGenerator()
        return generator.draw(collisions: collisions, using: &random)
      }
      do throws(LinkError) {
        let link = try await store.create(
          NewLink(code: code, destination: destination, createdBy: creator))
        generator.withLock { $0.note(code, wasTaken: false) }
        return link
      } catch .codeTaken {
        generator.withLock { $0.note(code, wasTaken: true) }
      }
    }
    throw .unavailable(
      reason: "\(Self.maximumDraws) generated codes in a row were taken", retryAfter: 1)
  }
}
