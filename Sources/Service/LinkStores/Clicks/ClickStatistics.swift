/// How a journal fares.
public struct ClickStatistics: Sendable, Hashable {
  /// Clicks that the database has not acknowledged, and of how many links, about.
  public var pendingClicks: Int64 = 0
  public var pendingLinks = 0
  /// Clicks that the database acknowledged, of this process and of ones that ended before.
  public var flushedClicks: Int64 = 0
  public var recoveredClicks: Int64 = 0
  /// Why the last batch is not in the database; nil if it is.
  public var lastFailure: String?
  /// So many links wait that their clicks are in memory alone: a kill would lose them.
  public var isOverflowing = false
  /// Clicks that were not counted, since even in memory there was no room for their links.
  public var droppedClicks: UInt64 = 0
  /// Clicks whose place in the file was damaged before they were read, here or in the journal of a process
  /// that ended; of the latter those that are known of.
  public var damagedClicks: UInt64 = 0
  /// A sentence for each journal that was not recovered, or not wholly; the last 100.
  public var notices: [String] = []
}

extension ClickJournal {
  public var statistics: ClickStatistics {
    var statistics = flusher.statistics
    core.with { state in
      statistics.pendingClicks = state.pendingClicks
      statistics.pendingLinks = state.pendingLinks
      statistics.isOverflowing = state.isOverflowing
      statistics.droppedClicks = state.dropped
      statistics.damagedClicks &+= state.damaged
    }
    return statistics
  }
}

extension ClickFlusher {
  fileprivate var statistics: ClickStatistics {
    var statistics = ClickStatistics()
    statistics.flushedClicks = current.flushedClicks
    statistics.lastFailure = current.lastFailure
    statistics.recoveredClicks = recovery.recoveredClicks
    statistics.damagedClicks = recovery.lostClicks
    statistics.notices = recovery.notices
    return statistics
  }
}

extension JournalState {
  /// As of the last time that the rings were drained.
  var pendingClicks: Int64 {
    let sent = onItsWay?.unacknowledged(header.geometry).reduce(Int64(0)) { sum, entry in
      let (next, isTooLarge) = sum.addingReportingOverflow(entry.clicks)
      return isTooLarge ? .max : next
    }
    let (sum, isTooLarge) = waiting.total.addingReportingOverflow(sent ?? 0)
    return isTooLarge ? .max : sum
  }

  fileprivate var pendingLinks: Int {
    waiting.count + (onItsWay?.unacknowledged(header.geometry).count ?? 0)
  }
}
