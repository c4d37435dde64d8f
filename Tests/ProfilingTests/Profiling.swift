import Testing

/// Everything that records: one after another, since each measures.
@Suite("lynx profile", .serialized, .enabled(if: Machine.grantsSampling))
struct Profiling {}
