internal import LinuxSystem

/// One request and its whole answer, for what has to be known before a load.
public enum SingleExchange {
  public struct Answer: Sendable {
    public var status: Int
    public var body: [UInt8]
  }

  /// A body that is longer is not read.
  private static let longestBody = 1 << 20

  /// Sends `request` on a connection of its own. `settings` says how long it may take and whom to trust.
  ///
  /// - Throws: ``LoadError``.
  public static func send(
    _ request: RequestDescription, to target: LoadTarget, _ settings: LoadSettings
  ) throws(LoadError) -> Answer {
    let template: RequestTemplate
    do throws(RequestDescription.Failure) {
      var composer = RequestComposer(target: target, keepsAlive: false) {
        path throws(RequestDescription.Failure) in
        throw RequestDescription.Failure(message: "\(path) cannot be read here")
      }
      template = try composer.template(of: request)
    } catch {
      throw LoadError(.setting, "a request to \(target.authority) cannot be sent: \(error.message)")
    }
    var bytes: [UInt8] = []
    var maker = RequestMaker(PreparedPlan(RequestPlan([.init(template)])), seed: 1)
    _ = maker.make(into: &bytes)
    let server = try LoadRun.server(target, settings)
    do throws(Failure) {
      return try exchange(bytes, isHead: template.isHead, server, settings)
    } catch {
      throw LoadError(.unreachable, "\(target.authority) does not answer: \(error.reason)")
    }
  }

  private struct Failure: Error {
    var reason: String
  }

  private static func exchange(
    _ request: [UInt8], isHead: Bool, _ server: LoopSettings.Server, _ settings: LoadSettings
  ) throws(Failure) -> Answer {
    let number: Int32
    do throws(SystemCallError) {
      number = try SocketCalls.connect(to: server.addresses[0])
    } catch {
      throw Failure(reason: error.reason.lowercased())
    }
    let descriptor = FileDescriptor(owning: number)
    let wait: ReadySet
    do throws(SystemCallError) {
      wait = try ReadySet()
      try wait.add(descriptor.number, [.read, .write, .once], token: 0)
    } catch {
      throw Failure(reason: error.reason.lowercased())
    }
    let end = Clock.monotonicNanoseconds.addingClamped(settings.timeout.nanoseconds)
    func waitForMore() throws(Failure) {
      let now = Clock.monotonicNanoseconds
      guard now < end, ((try? wait.wait(nanoseconds: end &- now)) ?? 0) > 0 else {
        throw Failure(reason: "it took longer than the timeout")
      }
    }
    try waitForMore()
    if let failure = SocketCalls.connectionFailure(of: descriptor.number) {
      throw Failure(reason: failure.reason.lowercased())
    }
    var transport = Transport.plain
    if let security = server.security {
      guard let session = security.session(descriptor.number) else {
        throw Failure(reason: "TLS cannot be begun")
      }
      transport = .secured(session)
    }
    defer { transport.end() }
    shaking: while true {
      switch transport.handshake() {
      case .done: break shaking
      case .wouldBlock: try waitForMore()
      case .failed: throw Failure(reason: "TLS fails")
      }
    }
    var sent = 0
    while sent < request.count {
      let outcome = request.withUnsafeBytes {
        transport.send(UnsafeRawBufferPointer(rebasing: $0[sent...]), to: descriptor.number)
      }
      switch outcome {
      case .done(let count): sent += count
      case .wouldBlock: try waitForMore()
      case .failed: throw Failure(reason: "the connection was lost")
      }
    }
    var collector = AnswerCollector(isHead: isHead, longestBody: longestBody)
    let room = ScratchBytes(count: 65_536)
    while true {
      switch transport.receive(room.buffer, from: descriptor.number) {
      case .done(let count):
        let bytes = UnsafeRawBufferPointer(rebasing: room.buffer[..<count])
        do throws(AnswerCollector.Failure) {
          if let answer = try collector.add(bytes) { return answer }
        } catch {
          throw Failure(reason: error.reason)
        }
      case .wouldBlock: try waitForMore()
      case .failed: throw Failure(reason: "the connection was lost")
      }
    }
  }
}

/// Puts an answer together of what comes.
struct AnswerCollector {
  struct Failure: Error {
    var reason: String
  }

  private let isHead: Bool
  private let longestBody: Int
  private var received: [UInt8] = []

  init(isHead: Bool, longestBody: Int) {
    self.isHead = isHead
    self.longestBody = longestBody
  }

  /// The answer, if these bytes are its last; none at all are the connection's end.
  mutating func add(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> SingleExchange.Answer? {
    received.append(contentsOf: bytes)
    guard received.count <= longestBody + ResponseHead.maximumLength else {
      throw Failure(reason: "the answer is too long")
    }
    // Short, and rare: it is read from the start each time.
    var reader = ResponseReader()
    var used = 0
    var head: ResponseHead?
    while true {
      let step = received.withUnsafeBytes {
        reader.next(UnsafeRawBufferPointer(rebasing: $0[used...]), answersHead: isHead)
      }
      switch step {
      case .head(let found, let count):
        used += count
        if !found.isInterim { head = found }
        if !found.isInterim { start = used }
      case .ended(let count):
        guard let head else { return nil }
        return SingleExchange.Answer(status: head.status, body: body(head, upTo: used + count))
      case .needsMore:
        guard bytes.isEmpty else { return nil }
        guard let head, reader.endsWithConnection else {
          throw Failure(reason: "the connection ended before the answer did")
        }
        return SingleExchange.Answer(status: head.status, body: body(head, upTo: received.count))
      case .malformed(let fault): throw Failure(reason: fault.rawValue)
      }
    }
  }

  /// Where the body begins.
  private var start = 0

  /// What is between chunks is left in: only those who send a length are asked for bodies.
  private func body(_ head: ResponseHead, upTo end: Int) -> [UInt8] { Array(received[start..<end]) }
}
