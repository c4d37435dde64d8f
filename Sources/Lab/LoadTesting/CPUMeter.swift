internal import LinuxSystem

/// CPU time of this process and of a server's, over the measured span.
struct CPUMeter {
  private let server: [Int32]
  private var ownStart: UInt64?
  private var serverStart: UInt64 = 0
  private(set) var ownSeconds = 0.0
  private(set) var serverSeconds: Double?

  init(server: [Int32]) { self.server = server }

  /// The first call within the span begins it.
  mutating func update(isMeasuring: Bool) {
    guard isMeasuring, ownStart == nil else { return }
    ownStart = Clock.processCPUNanoseconds
    serverStart = serverTime
  }

  /// All of a server's processes, those it has started included.
  private var serverTime: UInt64 {
    server.reduce(0) { $0 &+ (Processes.cpuNanoseconds(of: $1) ?? 0) }
  }

  mutating func finish() {
    guard let ownStart else { return }
    ownSeconds = Double(Clock.processCPUNanoseconds &- ownStart) / 1e9
    if !server.isEmpty {
      let time = serverTime
      serverSeconds = time > serverStart ? Double(time - serverStart) / 1e9 : 0
    }
  }
}
