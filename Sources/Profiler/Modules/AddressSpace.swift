/// Where a process has which module mapped for execution.
public struct AddressSpace: Sendable {
  /// A mapped range and the module it comes from.
  public struct Region: Sendable {
    public let start: UInt64
    public let end: UInt64
    public let module: ModuleStore.Index
    /// Subtracted from an address of the process it gives the module's own.
    public let bias: UInt64
  }

  /// In order of address, not overlapping.
  public private(set) var regions: [Region] = []
  private var last = 0

  public init() {}

  /// Puts a mapping over what was there before, as mmap(2) does.
  public mutating func map(
    start: UInt64, end: UInt64, fileOffset: UInt64, module index: ModuleStore.Index,
    in store: ModuleStore
  ) {
    guard start < end else { return }
    let region = Region(
      start: start, end: end, module: index,
      bias: store[index].bias(start: start, fileOffset: fileOffset))
    var kept: [Region] = []
    kept.reserveCapacity(regions.count + 2)
    for old in regions {
      if old.end <= start || old.start >= end {
        kept.append(old)
        continue
      }
      if old.start < start {
        kept.append(Region(start: old.start, end: start, module: old.module, bias: old.bias))
      }
      if old.end > end {
        kept.append(Region(start: end, end: old.end, module: old.module, bias: old.bias))
      }
    }
    let position = kept.firstIndex { $0.start > start } ?? kept.count
    kept.insert(region, at: position)
    regions = kept
    last = 0
  }

  /// The region that covers an address. O(log n), O(1) when it is the one asked for before.
  public mutating func region(at address: UInt64) -> Region? {
    if last < regions.count, address >= regions[last].start, address < regions[last].end {
      return regions[last]
    }
    var low = 0
    var high = regions.count
    while low < high {
      let middle = (low + high) / 2
      if regions[middle].start <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0, address < regions[low - 1].end else { return nil }
    last = low - 1
    return regions[last]
  }
}
