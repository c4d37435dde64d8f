/// What a server would be started with.
public struct ServingSubject: Sendable {
  public init() {}
}
