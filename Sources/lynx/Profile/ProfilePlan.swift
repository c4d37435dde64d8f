/// What `lynx profile` is to do, nothing left open.
struct ProfilePlan: Sendable {
  enum Target: Sendable, Equatable {
    /// All threads of running processes, and what they start. Ascending, each once.
    case processes([Int32])
    /// Single threads. Ascending, each once.
    case threads([Int32])
    /// A program and its arguments; at least one element.
    case command([String])
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
  var report: ReportDestination?
  var manner: Manner
}
