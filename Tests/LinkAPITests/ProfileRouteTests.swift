import Foundation
import LinkAPI
import Synchronization
import TestSupport
import Testing

@Suite(
  "Profiles are taken one at a time, for those who may, and given up for those who do not wait")
struct ProfileRouteTests {
  private static let path = "/debug/pprof/profile"

  /// Takes profiles that last until they are let go or cancelled.
  private final class HeldProfiler: Sendable {
    private struct State {
      var waiting: CheckedContinuation<Void, Never>?
      var isLetGo = false
      var begun = 0
      var givenUp = 0
    }

    private let state = Mutex(State())

    var begun: Int { state.withLock { $0.begun } }
    var givenUp: Int { state.withLock { $0.givenUp } }

    func letGo() {
      state.withLock { state in
        state.isLetGo = true
        return state.waiting.take()
      }?.resume()
    }

    func take(_ request: ProfileRequest) async throws -> [UInt8] {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let goesOn = state.withLock { state in
            state.begun += 1
            if !state.isLetGo, !Task.isCancelled { state.waiting = continuation }
            return state.waiting == nil
          }
          if goesOn { continuation.resume() }
        }
      } onCancel: {
        state.withLock { $0.waiting.take() }?.resume()
      }
      if Task.isCancelled {
        state.withLock { $0.givenUp += 1 }
        throw CancellationError()
      }
      return [1, 2, 3]
    }
  }

  private func held(
    auth: AuthMode = .none, _ change: (inout APISettings) -> Void = { _ in }
  ) async throws -> (APIFixture, HeldProfiler) {
    let profiler = HeldProfiler()
    let api = try await APIFixture(
      auth: auth, profile: { try await profiler.take($0) }, settings: change)
    return (api, profiler)
  }

  private func waitUntil(_ condition: () -> Bool) async throws {
    for _ in 0..<15_000 {
      if condition() { return }
      try await Task.sleep(for: .milliseconds(2))
    }
    Issue.record("not in time")
  }

  @Test("what was asked for is what is taken, within its limits")
  func parameters() async throws {
    let api = try await APIFixture()
    for (query, said) in [
      ("", "30 s at 99 Hz"), ("?seconds=1&hz=1000", "1 s at 1000 Hz"),
      ("?hz=1", "30 s at 1 Hz"), ("?seconds=600", "600 s at 99 Hz"),
      // As scrapers repeat it.
      ("?hz=50&seconds=10&seconds=10", "10 s at 50 Hz"),
    ] {
      let answer = try await api.ask("GET", Self.path + query)
      #expect(answer.status == 200 && answer.text == said, "\(query): \(answer.text)")
      #expect(answer.field("content-type") == "application/octet-stream")
      #expect(answer.field("content-disposition") == "attachment; filename=\"lynx.pb.gz\"")
    }
    for query in [
      "?seconds=0", "?seconds=601", "?seconds=-1", "?seconds=", "?seconds=1.5", "?seconds=x",
      "?seconds=99999999999999999999", "?hz=0", "?hz=1001", "?hz=9e1", "?hertz=99",
      "?seconds=1&seconds=2",
    ] {
      #expect(try await api.ask("GET", Self.path + query).status == 400, "\(query)")
    }
    let limits = try await api.ask("GET", Self.path + "?seconds=601").error
    #expect(limits?.contains("from 1 to 600") == true)
    await api.stop()
    let without = try await APIFixture(profile: nil)
    #expect(try await APIFixture.raw(without.port, "GET", Self.path).status == 404)
    await without.stop()
  }

  @Test("only admins are given one, whatever they ask")
  func admins() async throws {
    let (api, profiler) = try await held(auth: .apiKey)
    profiler.letGo()
    let admin = try await api.makeKey("root", isAdmin: true)
    let user = try await api.makeKey("anna")
    for query in ["", "?seconds=1", "?seconds=0", "?x=1"] {
      #expect(try await api.ask("GET", Self.path + query).status == 401)
      #expect(try await api.ask("GET", Self.path + query, key: user).status == 403)
    }
    #expect(profiler.begun == 0)
    #expect(try await api.ask("GET", Self.path, key: admin).body == [1, 2, 3])
    await api.stop()
  }

  @Test("pages of other sites cannot have one taken")
  func foreignPages() async throws {
    let (api, profiler) = try await held()
    profiler.letGo()
    for (site, status) in [("cross-site", 403), ("same-origin", 200), ("none", 200)] {
      let request = TestRequest(
        method: "GET", path: Self.path, fields: [("Sec-Fetch-Site", site)])
      #expect(try await api.send(request).status == status, "\(site)")
    }
    #expect(profiler.begun == 2)
    await api.stop()
  }

  @Test("without keys clients of other machines are refused")
  func otherMachines() async throws {
    // An address of this machine that is none of the loopback's.
    let found = try Tool.run("/bin/sh", ["-c", "hostname -I"])
    let address = String(decoding: found, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      .first { $0.contains(".") && !$0.hasPrefix("127.") }
    guard let address = address.map(String.init) else {
      FileHandle.standardError.write(
        Data("NOT TRIED: clients of other machines, because this one has no address\n".utf8))
      return
    }
    let (api, profiler) = try await held {
      $0.addresses = [.tcp(host: "0.0.0.0", port: 0)]
      $0.allowsOpenAPI = true
    }
    profiler.letGo()
    #expect(try await api.ask("GET", Self.path).status == 200)
    let arguments = ["-s", "-o", "/dev/null", "-w", "%{http_code}"]
    func status(_ path: String) throws -> String {
      let url = "http://\(address):\(api.port)\(path)"
      return String(decoding: try Tool.run("/usr/bin/curl", arguments + [url]), as: UTF8.self)
    }
    #expect(try status("/healthz") == "200")
    #expect(try status(Self.path) == "403")
    #expect(profiler.begun == 1)
    await api.stop()
  }

  @Test("one at a time, and longer than other answers may take")
  func single() async throws {
    let limit = Duration.seconds(1)
    let (api, profiler) = try await held { $0.limits.answerTime = limit }
    // Other tests may keep a request from its route for longer than that: then it is asked again.
    func status(_ path: String) async throws -> Int {
      var status = 503
      for _ in 0..<100 where status == 503 { status = try await api.ask("GET", path).status }
      return status
    }
    var first: Task<Answer, any Error>?
    for _ in 0..<100 {
      let isAnswered = Atomic(false)
      let begun = profiler.begun
      let asked = Task {
        defer { isAnswered.store(true, ordering: .releasing) }
        return try await api.ask("GET", Self.path)
      }
      try await waitUntil {
        profiler.begun > begun || isAnswered.load(ordering: .acquiring)
      }
      // Much longer than it might take, if it were like other answers.
      try await Task.sleep(for: limit * 3)
      if !isAnswered.load(ordering: .acquiring) {
        first = asked
        break
      }
      #expect(try await asked.value.status != 200)
    }
    let running = try #require(first)
    #expect(try await status(Self.path) == 409)
    #expect(try await status("/healthz") == 200)
    profiler.letGo()
    let answer = try await running.value
    #expect(answer.status == 200 && answer.body == [1, 2, 3])
    #expect(try await status(Self.path) == 200)
    await api.stop()
  }

  @Test("a client that goes away ends it", arguments: [true, false])
  func goneClient(closesOnly: Bool) async throws {
    let (api, profiler) = try await held()
    for round in 1...3 {
      try await onOwnThread { [port = api.port] in
        let connection = try TestConnection(port: port)
        try connection.send(TestRequest(method: "GET", path: Self.path).bytes)
        while profiler.begun < round { usleep(2_000) }
        if !closesOnly {
          connection.finishSending()
          while profiler.givenUp < round { usleep(2_000) }
        }
      }
      try await waitUntil { profiler.givenUp == round }
    }
    profiler.letGo()
    try await waitUntil { profiler.givenUp == 3 }
    // The turn is free again as soon as the task has come to its end.
    var status = 409
    for _ in 0..<500 where status == 409 { status = try await api.ask("GET", Self.path).status }
    #expect(status == 200)
    #expect(!api.log.all.contains { $0.hasPrefix("error") }, "\(api.log.all)")
    await api.stop()
  }

  @Test("the end of the server ends it, and says so")
  func stoppedServer() async throws {
    let (api, profiler) = try await held()
    let running = Task { try await api.ask("GET", Self.path) }
    try await waitUntil { profiler.begun == 1 }
    await api.server.stop(within: .seconds(600))
    let answer = try await running.value
    #expect(answer.status == 503 && answer.error?.contains("the server stops") == true)
    #expect(profiler.givenUp == 1)
    await api.stop()
  }

  @Test("what stands in the way is said")
  func refused() async throws {
    let api = try await APIFixture(profile: { _ in
      throw ProfileRefusal("a seccomp filter refuses perf_event_open")
    })
    let answer = try await api.ask("GET", Self.path)
    #expect(answer.status == 503 && answer.error == "A seccomp filter refuses perf_event_open.")
    await api.stop()
  }
}
