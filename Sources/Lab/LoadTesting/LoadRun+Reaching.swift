internal import LinuxSystem

extension LoadRun {
  /// Resolves a server and sees that it is there.
  static func server(
    _ target: LoadTarget, _ settings: LoadSettings
  ) throws(LoadError) -> LoopSettings.Server {
    let security = try security(target, settings)
    let reachable = try probe(addresses(target), target, security, settings)
    return LoopSettings.Server(addresses: reachable, security: security)
  }

  private static func addresses(_ target: LoadTarget) throws(LoadError) -> [ResolvedAddress] {
    if let path = target.unixSocket {
      do throws(SystemCallError) {
        return [try ResolvedAddress(path: path)]
      } catch {
        throw LoadError(.setting, "\(path) is no path of a unix socket: it may have 1 to 107 bytes")
      }
    }
    do throws(ResolvedAddress.Failure) {
      return try ResolvedAddress.all(host: target.host, port: target.port)
    } catch {
      throw LoadError(.unreachable, "\(target.host) has no address: \(error.reason)")
    }
  }

  private static func security(
    _ target: LoadTarget, _ settings: LoadSettings
  ) throws(LoadError) -> TLSContext? {
    guard target.isSecure else { return nil }
    do throws(TLSContext.Failure) {
      return try TLSContext(
        host: target.host, certificates: settings.certificates,
        isVerifying: settings.verifiesServer)
    } catch {
      throw LoadError(.setting, error.reason)
    }
  }

  /// The addresses that accept a connection now; a name may have some that nobody listens on.
  private static func probe(
    _ addresses: [ResolvedAddress], _ target: LoadTarget, _ security: TLSContext?,
    _ settings: LoadSettings
  ) throws(LoadError) -> [ResolvedAddress] {
    var reachable: [ResolvedAddress] = []
    var failure = "nobody answers"
    for address in addresses {
      do throws(ProbeFailure) {
        try connect(to: address, security, settings)
        reachable.append(address)
      } catch {
        failure = error.reason
      }
    }
    guard reachable.isEmpty else { return reachable }
    let place = target.unixSocket ?? target.authority
    throw LoadError(.unreachable, "\(place) cannot be reached: \(failure)")
  }

  private struct ProbeFailure: Error {
    let reason: String
  }

  private static func connect(
    to address: ResolvedAddress, _ security: TLSContext?, _ settings: LoadSettings
  ) throws(ProbeFailure) {
    let number: Int32
    do throws(SystemCallError) { number = try SocketCalls.connect(to: address) } catch {
      throw ProbeFailure(reason: error.reason.lowercased())
    }
    let descriptor = FileDescriptor(owning: number)
    let end = Clock.monotonicNanoseconds.addingClamped(settings.timeout.nanoseconds)
    try wait(descriptor.number, .write, until: end, "connecting", settings)
    if let failure = SocketCalls.connectionFailure(of: descriptor.number) {
      throw ProbeFailure(reason: failure.reason.lowercased())
    }
    guard let security else { return }
    try SocketCalls.holdingBrokenPipeSignal { () throws(ProbeFailure) in
      try shakeHands(security, descriptor.number, until: end, settings)
    }
  }

  private static func shakeHands(
    _ security: TLSContext, _ descriptor: Int32, until end: UInt64, _ settings: LoadSettings
  ) throws(ProbeFailure) {
    guard let session = security.session(descriptor) else {
      throw ProbeFailure(reason: "TLS cannot be begun: \(TLSContext.lastError())")
    }
    while true {
      switch session.handshake() {
      case .done: return session.end()
      case .wouldBlock: try wait(descriptor, .read, until: end, "agreeing on TLS", settings)
      case .failed:
        throw ProbeFailure(
          reason: "TLS fails: \(session.failure)"
            + (session.isCertificateTrouble
              ? "; trust its issuer with --cacert FILE, or nobody at all with --insecure" : ""))
      }
    }
  }

  private static func wait(
    _ descriptor: Int32, _ events: ReadySet.Events, until end: UInt64, _ doing: String,
    _ settings: LoadSettings
  ) throws(ProbeFailure) {
    do throws(SystemCallError) {
      let ready = try ReadySet()
      try ready.add(descriptor, events, token: 0)
      while true {
        let now = Clock.monotonicNanoseconds
        guard now < end else { break }
        if try ready.wait(nanoseconds: end &- now) > 0 { return }
      }
    } catch {
      throw ProbeFailure(reason: error.reason.lowercased())
    }
    throw ProbeFailure(reason: "\(doing) took longer than the timeout")
  }
}

extension Duration {
  /// Not less than zero, and as many as can be counted.
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : product.addingClamped(UInt64(attoseconds) / 1_000_000_000)
  }
}
