/// What is printed when nothing, or help, is asked for.
enum Help {
  static func text(_ claims: [any Claim]) -> String {
    let width = claims.map(\.name.count).max() ?? 0
    let lines = claims.map { claim in
      let padding = String(repeating: " ", count: width - claim.name.count)
      return "  \(claim.name)\(padding)  \(claim.summary)"
    }
    return """
      Measures lynx beside its peers, alternating, on this machine. Let nothing else run meanwhile.

      swift build -c release          the lynx beside this program is what is measured
      swift run -c release PeerBenchmarks [options] CLAIM...

      \(lines.joined(separator: "\n"))

        --pairs N            runs of each side (7; fewer than 6 give no 95 % interval)
        --seconds N          length of a recording (each claim has its own)
        --inline-pairs N     runs of perf script with inlines, which can take minutes (as --pairs)
        --inline-timeout N   seconds after which such a run is given up (120)
        --long-seconds N     memory: the long recording (300)
        --long-runs N        memory: how many long recordings (1)
        --connections N      connections of a load (each claim has its own)
        --server FILE        a built Tests/Fixtures/SwiftServer (built if left out)
        --json FILE          also write everything as JSON
        --list               names of the claims

      Exit code: 0 all measured and held, 1 a peer is missing, 99 a requirement did not hold.

      """
  }
}
