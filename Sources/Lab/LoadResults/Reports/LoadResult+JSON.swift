public import Terminal

extension LoadResult {
  /// The run as a member of `"runs"`; times in microseconds, or as their names say.
  public var json: JSONValue { .object(members) }

  var members: [JSONValue.Member] {
    var members: [JSONValue.Member] = [
      .init("name", .string(name)), .init("url", .string(url)),
      .init("threads", .integer(Int64(threads))),
      .init("connections", .integer(Int64(connections))),
      .init("pipeline", .integer(Int64(pipeline))),
      .init("rate", rate.map { .number($0) } ?? .null),
      .init("started_at", .number(startedAt)),
      .init("duration_seconds", .number(durationSeconds)),
      .init("requests", .integer(Int64(requests))),
      .init("requests_per_second", .number(requestsPerSecond)),
      .init("bytes_received", .integer(Int64(bytesReceived))),
      .init("cpu_seconds", .number(cpuSeconds)),
      .init("server_cpu_seconds", serverCPUSeconds.map { .number($0) } ?? .null),
      .init("latency_us", latency.summary),
    ]
    if let serviceTime { members.append(.init("service_us", serviceTime.summary)) }
    if let schedule { members.append(.init("schedule", schedule.json)) }
    let statuses = statuses.sorted { $0.key < $1.key }
    members += [
      .init(
        "status",
        .object(statuses.map { .init(String($0.key), .integer(Int64($0.value))) })),
      .init("errors", .object(errors.kinds.map { .init($0.name, .integer(Int64($0.count))) })),
      .init("notes", .array(allNotes.map { .string($0) })),
    ]
    return members
  }
}

extension LatencyHistogram {
  /// Its figures in microseconds, each null if nothing was recorded.
  var summary: JSONValue {
    func microseconds(_ nanoseconds: Double) -> JSONValue {
      isEmpty ? .null : .number(nanoseconds / 1000)
    }
    var members: [JSONValue.Member] = [
      .init("mean", microseconds(mean)), .init("stdev", microseconds(standardDeviation)),
      .init("min", microseconds(Double(minimum))),
    ]
    for told in Percentiles.told {
      let value = Double(nanoseconds(atPercentile: told.percentile))
      members.append(.init(told.member, microseconds(value)))
    }
    members.append(.init("max", microseconds(Double(maximum))))
    return .object(members)
  }
}

extension ScheduleResult {
  var json: JSONValue {
    [
      "scheduled": .integer(Int64(scheduled)), "late_starts": .integer(Int64(lateStarts)),
      "largest_delay_seconds": .number(largestDelaySeconds),
    ]
  }
}
