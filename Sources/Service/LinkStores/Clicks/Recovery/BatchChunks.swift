internal import Links

/// The pieces in which a batch goes to the database, each with an id that only it has.
enum BatchChunks {
  static func id(_ journal: JournalID, _ sequence: UInt64, _ chunk: Int) -> String {
    "\(journal)/\(sequence).\(chunk)"
  }

  static func count(of entries: Int, _ geometry: JournalGeometry) -> Int {
    (entries + geometry.chunk - 1) / geometry.chunk
  }

  /// A recovered batch, without what is damaged, and of how many links that is in each piece. An entry goes where it would have gone: what the
  /// database has already is told by the id alone.
  static func chunks(
    of batch: JournalContents.Batch, _ header: JournalHeader
  ) -> [(ClickBatch, damaged: Int)] {
    let chunks = Dictionary(grouping: batch.entries) { $0.key / header.geometry.chunk }
    return chunks.sorted { $0.key < $1.key }.map { chunk, entries in
      let first = chunk * header.geometry.chunk
      let whole = min(header.geometry.chunk, batch.header.count - first)
      let counts = entries.map(\.value).sorted { $0.linkID < $1.linkID }
      return (
        ClickBatch(id: id(header.id, batch.header.sequence, chunk), counts: counts),
        damaged: max(0, whole - counts.count)
      )
    }
  }
}

/// Takes clicks of the rings together until an area is full.
struct RingHarvest {
  private(set) var counts: [ClickBatch.Count]
  private(set) var covered: [UInt64]

  /// Takes from `clicks` what it makes a batch of.
  init(_ clicks: inout [[JournalContents.Click]], covered: [UInt64], capacity: Int) {
    var table = ClickTable()
    self.covered = covered
    for ring in clicks.indices {
      var taken = 0
      for click in clicks[ring] {
        guard table.add(click.linkID, limit: capacity) else { break }
        self.covered[ring] = click.position &+ 1
        taken += 1
      }
      clicks[ring].removeFirst(taken)
    }
    counts = table.sorted
  }
}
