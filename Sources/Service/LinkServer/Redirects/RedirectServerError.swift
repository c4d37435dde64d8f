/// Why the redirect server does not start: one sentence.
public struct RedirectServerError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }

  init(_ address: RedirectSettings.Address, _ reason: String) {
    let place =
      switch address {
      case .internet(let host, let port): "\(host) port \(port)"
      case .unix(let path): path
      case .inherited(let descriptor): "the inherited descriptor \(descriptor)"
      }
    self.init(
      "redirects cannot be served on \(place): \(reason); choose another address or free it")
  }
}
