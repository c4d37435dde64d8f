internal import NIOCore

/// Where to listen, with names looked up.
struct ResolvedAddress: Sendable {
  enum Place: Sendable {
    case socket(SocketAddress)
    case unix(path: String)
  }

  let asked: APISettings.Address
  let place: Place

  /// Asks the system's resolver, which may take its time.
  init(_ address: APISettings.Address) throws(APIServerError) {
    asked = address
    switch address {
    case .unix(let path):
      // sun_path holds 108 bytes with the closing zero (unix(7)).
      guard (1...107).contains(path.utf8.count), !path.utf8.contains(0) else {
        throw APIServerError(
          .setting, "the path of a unix socket has 1 to 107 bytes; '\(path)' has not")
      }
      place = .unix(path: path)
    case .tcp(let host, let port):
      guard (0...65_535).contains(port) else {
        throw APIServerError(.setting, "\(port) is no port; ports go from 0 to 65535")
      }
      do {
        place = .socket(try SocketAddress.makeAddressResolvingHost(host, port: port))
      } catch {
        throw APIServerError(
          .setting, "'\(host)' is neither an address of this machine nor a known name")
      }
    }
  }

  var port: Int? { if case .socket(let address) = place { address.port } else { nil } }

  /// Whether only this machine's own processes get there.
  var isLocal: Bool {
    if case .socket(let address) = place { address.isOfThisMachine } else { true }
  }
}

extension SocketAddress {
  /// Whether it is a unix socket's or a loopback address.
  var isOfThisMachine: Bool {
    guard let text = ipAddress else { return true }
    // 127.0.0.0/8, the same written as IPv6, and ::1, as inet_ntop(3) writes them.
    return text == "::1" || ["127.", "::ffff:127."].contains { text.hasPrefix($0) }
  }
}
