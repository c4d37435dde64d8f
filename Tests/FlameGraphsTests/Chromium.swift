import Foundation

/// A headless Chromium spoken to over its DevTools pipe: commands on its descriptor 3, answers on
/// its descriptor 4, JSON closed by a zero byte.
final class Chromium {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Messages of the console, exceptions and log entries that tell an error.
  private(set) var complaints: [String] = []
  private var process: pid_t = 0
  private let commands: Int32
  private let answers: Int32
  private let directory: URL
  private var unread: [UInt8] = []
  private var lastID = 0
  private var session: String?
  private var events: [String] = []

  init(executable: String = "/usr/bin/chromium") throws {
    guard access(executable, X_OK) == 0 else {
      throw Failure(description: "these tests need Chromium at \(executable)")
    }
    directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("lynx-chromium-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    do {
      (process, commands, answers) = try Self.launch(executable, profile: directory.path)
    } catch {
      try? FileManager.default.removeItem(at: directory)
      throw error
    }
    let target = try call("Target.createTarget", ["url": "about:blank"])["targetId"]
    session =
      try call("Target.attachToTarget", ["targetId": target ?? "", "flatten": true])["sessionId"]
      as? String
    for domain in ["Page", "Runtime", "Log"] { try call("\(domain).enable") }
  }

  deinit { close() }

  /// Ends the browser with all of its processes and removes what it wrote.
  func close() {
    guard process > 0 else { return }
    Glibc.close(commands)
    Glibc.close(answers)
    kill(-process, SIGKILL)
    waitpid(process, nil, 0)
    process = 0
    // Helpers may still write while they die.
    for _ in 0..<50 where FileManager.default.fileExists(atPath: directory.path) {
      try? FileManager.default.removeItem(at: directory)
      usleep(20_000)
    }
  }

  // MARK: Commands

  /// Sends a command and waits for its answer.
  @discardableResult
  func call(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
    lastID += 1
    var message: [String: Any] = ["id": lastID, "method": method, "params": parameters]
    message["sessionId"] = session
    var bytes = [UInt8](try JSONSerialization.data(withJSONObject: message)) + [0]
    while !bytes.isEmpty {
      let written = write(commands, bytes, bytes.count)
      guard written > 0 else { throw Failure(description: "\(method): Chromium went away") }
      bytes.removeFirst(written)
    }
    let deadline = Date(timeIntervalSinceNow: 30)
    while true {
      let answer = try receive(before: deadline, for: method)
      guard answer["id"] as? Int == lastID else {
        note(answer)
        continue
      }
      if let error = answer["error"] { throw Failure(description: "\(method): \(error)") }
      return answer["result"] as? [String: Any] ?? [:]
    }
  }

  /// Waits for an event of the page that came after the last wait.
  func wait(for event: String) throws {
    let deadline = Date(timeIntervalSinceNow: 30)
    while true {
      if let index = events.firstIndex(of: event) {
        events.removeSubrange(...index)
        return
      }
      note(try receive(before: deadline, for: event))
    }
  }

  private func note(_ message: [String: Any]) {
    guard let method = message["method"] as? String else { return }
    events.append(method)
    let parameters = message["params"] as? [String: Any] ?? [:]
    let entry = parameters["entry"] as? [String: Any]
    let isComplaint =
      method == "Runtime.exceptionThrown"
      || method == "Runtime.consoleAPICalled" && parameters["type"] as? String == "error"
      || method == "Log.entryAdded" && entry?["level"] as? String == "error"
    if isComplaint { complaints.append("\(parameters)") }
  }

  private func receive(before deadline: Date, for what: String) throws -> [String: Any] {
    while true {
      if let end = unread.firstIndex(of: 0) {
        let message = Data(unread[..<end])
        unread.removeSubrange(...end)
        return try JSONSerialization.jsonObject(with: message) as? [String: Any] ?? [:]
      }
      let patience = Int32(deadline.timeIntervalSinceNow * 1000)
      var waiting = pollfd(fd: answers, events: Int16(POLLIN), revents: 0)
      guard patience > 0, poll(&waiting, 1, patience) > 0 else {
        throw Failure(description: "no answer to \(what) in time")
      }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(answers, &buffer, buffer.count)
      guard count > 0 else { throw Failure(description: "\(what): Chromium went away") }
      unread.append(contentsOf: buffer.prefix(count))
    }
  }

  // MARK: Launching

  private static func launch(
    _ executable: String, profile: String
  ) throws -> (process: pid_t, commands: Int32, answers: Int32) {
    var commands: [Int32] = [-1, -1]
    var answers: [Int32] = [-1, -1]
    guard pipe(&commands) == 0, pipe(&answers) == 0 else {
      throw Failure(description: "no pipe: \(String(cString: strerror(errno)))")
    }
    for end in commands + answers { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // Out of the way of 3 and 4, which are overwritten in the child one after the other.
    let input = fcntl(commands[0], F_DUPFD_CLOEXEC, 10)
    let output = fcntl(answers[1], F_DUPFD_CLOEXEC, 10)
    Glibc.close(commands[0])
    Glibc.close(answers[1])
    defer {
      Glibc.close(input)
      Glibc.close(output)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 3)
    posix_spawn_file_actions_adddup2(&actions, output, 4)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own, so that its helpers can be ended with it.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let arguments = [
      executable, "--headless", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu",
      "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
      "--hide-scrollbars", "--window-size=1200,900", "--user-data-dir=\(profile)", "about:blank",
    ]
    var process: pid_t = 0
    var pointers = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    let failure = posix_spawn(&process, executable, &actions, &attributes, &pointers, environ)
    guard failure == 0 else {
      Glibc.close(commands[1])
      Glibc.close(answers[0])
      throw Failure(description: "\(executable): \(String(cString: strerror(failure)))")
    }
    return (process, commands[1], answers[0])
  }
}
