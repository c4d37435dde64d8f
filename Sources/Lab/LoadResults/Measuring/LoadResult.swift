/// What one run of the load generator measured.
public struct LoadResult: Sendable, Equatable {
  /// What was run: a scenario, or what the person calls it.
  public var name: String
  /// Where to, without a password.
  public let url: String

  public var threads: Int
  public var connections: Int
  /// The most requests that were under way on one connection.
  public var pipeline: Int
  /// Requests a second that were asked for; nil in a closed loop, where each connection sends as
  /// soon as it has its answer.
  public var rate: Double?

  /// When measuring began, in seconds since 1970.
  public var startedAt: Double
  /// How long was measured.
  public var durationSeconds: Double
  /// User and system time of the load generator in that span.
  public var cpuSeconds: Double
  /// User and system time of the server in that span, if it could be seen.
  public var serverCPUSeconds: Double?

  /// Requests answered completely and as expected. Errors never count as throughput.
  public var requests: Int
  /// Bytes of answers, heads included.
  public var bytesReceived: Int
  /// From the start of a request to the end of its answer: in a closed loop the actual start, with
  /// a rate the intended one.
  public var latency: LatencyHistogram
  /// With a rate: from the actual start to the end of the answer.
  public var serviceTime: LatencyHistogram?
  /// How many answers had each status.
  public var statuses: [Int: Int]
  public var errors: LoadErrors
  /// With a rate: how it was held.
  public var schedule: ScheduleResult?
  /// Sentences that say what a reader has to know: stopped short, catching up.
  public var notes: [String]

  public init(
    name: String, url: String, threads: Int = 1, connections: Int = 1, pipeline: Int = 1,
    rate: Double? = nil, startedAt: Double = 0, durationSeconds: Double = 0,
    cpuSeconds: Double = 0, serverCPUSeconds: Double? = nil, requests: Int = 0,
    bytesReceived: Int = 0, latency: LatencyHistogram = LatencyHistogram(),
    serviceTime: LatencyHistogram? = nil, statuses: [Int: Int] = [:],
    errors: LoadErrors = LoadErrors(), schedule: ScheduleResult? = nil, notes: [String] = []
  ) {
    self.name = name
    self.url = URLParts(url).withoutPassword
    self.threads = threads
    self.connections = connections
    self.pipeline = pipeline
    self.rate = rate
    self.startedAt = startedAt
    self.durationSeconds = durationSeconds
    self.cpuSeconds = cpuSeconds
    self.serverCPUSeconds = serverCPUSeconds
    self.requests = requests
    self.bytesReceived = bytesReceived
    self.latency = latency
    self.serviceTime = serviceTime
    self.statuses = statuses
    self.errors = errors
    self.schedule = schedule
    self.notes = notes
  }
}

/// How a fixed rate was held.
public struct ScheduleResult: Sendable, Equatable {
  /// Requests whose intended start was within the measured span.
  public var scheduled: Int
  /// How many of them started more than a millisecond late.
  public var lateStarts: Int
  /// The longest a start was behind its schedule.
  public var largestDelaySeconds: Double

  public init(scheduled: Int = 0, lateStarts: Int = 0, largestDelaySeconds: Double = 0) {
    self.scheduled = scheduled
    self.lateStarts = lateStarts
    self.largestDelaySeconds = largestDelaySeconds
  }
}

extension LoadResult {
  /// Requests answered as expected a second; 0 for a run that measured no time.
  public var requestsPerSecond: Double { perSecond(requests) }
  public var bytesPerSecond: Double { perSecond(bytesReceived) }

  private func perSecond(_ count: Int) -> Double {
    durationSeconds > 0 ? Double(count) / durationSeconds : 0
  }

  /// Requests that were tried: answered as expected, and errors.
  public var attempts: Int {
    let (sum, overflow) = requests.addingReportingOverflow(errors.total)
    return overflow ? .max : sum
  }

  /// CPU time of the load generator a request, in seconds; nil if none was answered.
  public var cpuSecondsPerRequest: Double? {
    requests > 0 ? cpuSeconds / Double(requests) : nil
  }

  /// CPU time of the server a request, in seconds; nil if it could not be seen.
  public var serverCPUSecondsPerRequest: Double? {
    requests > 0 ? serverCPUSeconds.map { $0 / Double(requests) } : nil
  }
}
