import Terminal

/// Something said of Lynx that a run can show to be so, or not.
protocol Claim: Sendable {
  var name: String { get }
  /// One line for the help.
  var summary: String { get }
  /// What has to be installed to measure it.
  var tools: [Tool] { get }

  func measure(_ bench: Bench) throws(CommandError) -> ClaimReport
}
