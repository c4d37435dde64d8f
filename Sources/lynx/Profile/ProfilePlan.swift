import LoadTesting

/// What `lynx profile` is to do, nothing left open.
struct ProfilePlan: Sendable {
  enum Target: Sendable, Equatable {
    /// All threads of running processes, and what they start. Ascending, each once.
    case processes([Int32])
    /// Single threads. Ascending, each once.
    case threads([Int32])
    /// A program and its arguments; at least one element.
    case command([String])
    /// A lynx serve, started and loaded for the purpose; or loaded only, if it runs already.
    case scenarios([LynxScenario])
    /// The one lynx serve that runs; if none does, one that is started, under redirect-hot.
    case server
  }

  var target: Target
  var frequencyHertz: Int
  /// Nil: until Ctrl-C or the end of the target.
  var duration: Duration?
  var delay: Duration
  var callGraph: CallGraph
  /// A multiple of 8 from 1024 to 65528.
  var stackBytes: Int
  var kernel: KernelFrames
  var withInlineFrames: Bool
  var demangles: Bool
  /// What to write, the artifact last unless it was named with -o.
  var outputs: ProfileOutputs
  /// Where scenarios leave a picture, a recording and a result each, and a page; nil if there is one
  /// scenario and ``outputs`` says where to.
  var directory: String?
  /// Where recordings are kept under names of their own, each compared with the one before; then
  /// ``outputs`` and ``directory`` name nothing.
  var history: String?
  /// Database of the server that scenarios start; a temporary one if nil.
  var databaseURL: String?
  var report: ReportDestination?
  var manner: Manner
}
