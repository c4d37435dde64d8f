internal import Glibc
internal import LinuxSystem

/// Why the redirect server does not start: one sentence.
public struct RedirectServerError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// Somebody else has the address.
    case taken
    case notPermitted
    /// The address cannot be meant, or is not this machine's.
    case setting
    /// The file of a unix socket cannot be made.
    case cannotMake
    case system
  }

  public let kind: Kind
  public let description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  init(_ address: RedirectSettings.Address, _ error: SystemCallError) {
    let place =
      switch address {
      case .internet(let host, let port): "\(host) port \(port)"
      case .unix(let path): path
      case .inherited(let descriptor): "the inherited descriptor \(descriptor)"
      }
    func sentence(_ reason: String) -> String {
      "redirects cannot be served on \(place): \(reason)"
    }
    if error.call == "getaddrinfo" {
      self.init(
        .setting, sentence("the name cannot be resolved; write an address of this machine"))
      return
    }
    switch error.code {
    case EADDRINUSE:
      var owner = "somebody"
      if case .internet(_, let port) = address, let process = Processes.listening(onPort: port) {
        let name = Processes.status(of: process)?.name ?? "unknown"
        owner = "process \(process) (\(name))"
      }
      self.init(
        .taken,
        sentence("\(owner) listens there; stop that, or choose another address"))
    case EACCES, EPERM:
      self.init(
        .notPermitted, sentence("this user may not; choose a port above 1023 or another path"))
    case ENOENT, ENOTDIR, EROFS, ENOSPC, EDQUOT:
      self.init(
        .cannotMake, sentence("\(error.reason); make its directory, or choose another path"))
    case EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL, ENAMETOOLONG, EEXIST:
      self.init(.setting, sentence("\(error.reason); choose another address"))
    default: self.init(.system, sentence(error.reason))
    }
  }
}
