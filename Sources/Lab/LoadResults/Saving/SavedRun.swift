internal import Terminal

/// A run as it is kept; what follows from other members is not read.
struct SavedRun: Decodable {
  enum CodingKeys: String, CodingKey {
    case name, url, threads, connections, pipeline, rate, requests, status, errors, schedule, notes
    case startedAt = "started_at"
    case durationSeconds = "duration_seconds"
    case bytesReceived = "bytes_received"
    case cpuSeconds = "cpu_seconds"
    case serverCPUSeconds = "server_cpu_seconds"
    case latency = "latency_histogram"
    case serviceTime = "service_histogram"
  }

  let result: LoadResult

  init(from decoder: any Decoder) throws {
    let members = CheckedMembers(try decoder.container(keyedBy: CodingKeys.self))
    let errors = CheckedMembers(
      try members.container.nestedContainer(keyedBy: ErrorKeys.self, forKey: .errors))
    result = LoadResult(
      name: try members.container.decode(String.self, forKey: .name),
      url: try members.container.decode(String.self, forKey: .url),
      threads: try members.count(.threads), connections: try members.count(.connections),
      pipeline: try members.count(.pipeline), rate: try members.amountIfPresent(.rate),
      startedAt: try members.amount(.startedAt),
      durationSeconds: try members.amount(.durationSeconds),
      cpuSeconds: try members.amount(.cpuSeconds),
      serverCPUSeconds: try members.amountIfPresent(.serverCPUSeconds),
      requests: try members.count(.requests), bytesReceived: try members.count(.bytesReceived),
      latency: try members.container.decode(SavedHistogram.self, forKey: .latency).histogram,
      serviceTime: try members.container.decodeIfPresent(
        SavedHistogram.self, forKey: .serviceTime)?.histogram,
      statuses: try Self.statuses(members.container),
      errors: LoadErrors(
        connect: try errors.count(.connect), reset: try errors.count(.reset),
        timeout: try errors.count(.timeout), malformed: try errors.count(.malformed),
        unexpectedStatus: try errors.count(.unexpectedStatus),
        unanswered: try errors.count(.unanswered)),
      schedule: try members.container.decodeIfPresent(SavedSchedule.self, forKey: .schedule)?
        .result,
      notes: try members.container.decode([String].self, forKey: .notes))
  }

  private enum ErrorKeys: String, CodingKey {
    case connect, reset, timeout, malformed, unanswered
    case unexpectedStatus = "unexpected_status"
  }

  private static func statuses(
    _ members: KeyedDecodingContainer<CodingKeys>
  ) throws -> [Int: Int] {
    var statuses: [Int: Int] = [:]
    for (text, count) in try members.decode([String: Int].self, forKey: .status) {
      guard let status = Int(text), (0...999).contains(status), text == String(status),
        (0...SavedResults.largestCount).contains(count)
      else {
        let place = SavedResultsError.place(members.codingPath + [CodingKeys.status])
        throw SavedResultsError("\(place) has \(count) answers with the status \(quoted(text))")
      }
      statuses[status] = count
    }
    return statuses
  }
}

private struct SavedSchedule: Decodable {
  enum CodingKeys: String, CodingKey {
    case scheduled
    case lateStarts = "late_starts"
    case largestDelaySeconds = "largest_delay_seconds"
  }

  let result: ScheduleResult

  init(from decoder: any Decoder) throws {
    let members = CheckedMembers(try decoder.container(keyedBy: CodingKeys.self))
    result = ScheduleResult(
      scheduled: try members.count(.scheduled), lateStarts: try members.count(.lateStarts),
      largestDelaySeconds: try members.amount(.largestDelaySeconds))
  }
}

/// Members that are read with their limits.
struct CheckedMembers<Key: CodingKey> {
  let container: KeyedDecodingContainer<Key>

  init(_ container: KeyedDecodingContainer<Key>) {
    self.container = container
  }

  /// A whole number that is not negative.
  func count(_ key: Key) throws -> Int {
    let value = try container.decode(Int.self, forKey: key)
    guard (0...SavedResults.largestCount).contains(value) else { throw outOfRange(key, "\(value)") }
    return value
  }

  /// A number that is not negative; 10^15 seconds are more than anything takes.
  func amount(_ key: Key) throws -> Double {
    try checked(try container.decode(Double.self, forKey: key), key)
  }

  func amountIfPresent(_ key: Key) throws -> Double? {
    try container.decodeIfPresent(Double.self, forKey: key).map { try checked($0, key) }
  }

  private func checked(_ value: Double, _ key: Key) throws -> Double {
    guard (0...1e15).contains(value) else { throw outOfRange(key, "\(value)") }
    return value
  }

  private func outOfRange(_ key: Key, _ value: String) -> SavedResultsError {
    SavedResultsError(
      "\(SavedResultsError.place(container.codingPath + [key])) is \(value), which is out of range")
  }
}
