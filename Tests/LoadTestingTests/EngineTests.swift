import Testing

/// Loads of real servers, one after the other: each of them takes threads, connections and time.
@Suite("A load", .serialized)
struct EngineTests {}
