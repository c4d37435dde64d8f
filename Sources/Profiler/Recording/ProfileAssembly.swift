internal import LinuxSystem
internal import Modules
internal import Profiles
internal import Symbols
internal import Unwinding

/// Counted stacks → a profile with names, and the figures that follow from it.
struct ProfileAssembly {
  let collector: SampleCollector
  let symbolizer: Symbolizer

  /// Fills a profile that already has its types and comments.
  func fill(_ profile: inout Profile, _ summary: inout RecordingSummary) {
    let locations = NamedLocations(
      of: collector.stacks.places.dropFirst(), in: collector.store, program: programModule,
      by: symbolizer)
    profile.mappings = locations.mappings
    profile.locations = locations.locations
    profile.functions = symbolizer.functions.map {
      Profile.Function(
        name: $0.name, systemName: $0.symbol, fileName: $0.file, startLine: Int64($0.line))
    }
    // One array for each label, shared by all its samples.
    let labels = collector.processes.labels.map { label -> [Profile.Label] in
      [
        .init(key: "process", value: .text(label.process)),
        .init(key: "thread", value: .text(label.thread)),
      ]
    }
    var figures = Figures()
    let merged = mergedCounts(locations.indexOfPlace)
    let keys = merged.counts.keys.sorted { ($0.stack, $0.label) < ($1.stack, $1.label) }
    profile.samples.reserveCapacity(keys.count)
    for key in keys {
      guard let count = merged.counts[key] else { continue }
      let stack = merged.stacks.stack(of: key.stack).map { Int($0.rawValue) }
      profile.samples.append(
        Profile.Sample(
          locations: stack, values: [count.samples, count.weight], labels: labels[Int(key.label)]))
      figures.count(stack.map { locations.traits[$0] }, count.samples)
    }
    figures.write(to: &summary, ends: collector.ends)
    summary.unresolved =
      figures.unresolved
      .map { module, samples in
        RecordingSummary.UnresolvedModule(
          module: module.map { collector.store[$0].name } ?? "[unmapped]", samples: samples,
          reason: locations.problems[module] ?? "unknown")
      }
      .sorted { ($1.samples, $0.module) < ($0.samples, $1.module) }
  }

  /// Counts by stacks of locations instead of places: a function's many instructions are a few
  /// lines, and stacks that differ in nothing else are one.
  private func mergedCounts(
    _ locationOf: [CodeAddress: Int]
  ) -> (stacks: StackTable, counts: [SampleCollector.Key: SampleCollector.Count]) {
    var stacks = StackTable()
    let source = collector.stacks
    var nodes = [StackTable.Node](repeating: StackTable.root, count: source.parents.count)
    // A node comes after the one below it.
    for node in 1..<max(1, source.parents.count) {
      let location = locationOf[source.places[node]] ?? 0
      nodes[node] = stacks.child(
        of: nodes[Int(source.parents[node])], at: CodeAddress(rawValue: UInt64(location)))
    }
    var counts: [SampleCollector.Key: SampleCollector.Count] = [:]
    for (key, count) in collector.counts {
      let merged = SampleCollector.Key(stack: nodes[Int(key.stack)], label: key.label)
      counts[merged, default: .init()].samples += count.samples
      counts[merged, default: .init()].weight &+= count.weight
    }
    return (stacks, counts)
  }

  /// The module most stacks begin in, libraries aside: threads begin in libc, programs in their
  /// own code.
  private var programModule: ModuleStore.Index? {
    var weights: [ModuleStore.Index: Int64] = [:]
    for (key, count) in collector.counts {
      guard let module = collector.stacks.outermost(of: key.stack)?.module,
        module != collector.store.kernel
      else { continue }
      let name = collector.store[module].name
      if name.hasPrefix("lib") || name.hasPrefix("ld-") || name.hasPrefix("[") { continue }
      weights[module, default: 0] += count.samples
    }
    return weights.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }

  private struct Figures {
    private var samples: Int64 = 0
    private var userStacks: Int64 = 0
    private var rooted: Int64 = 0
    private var userFrames: Int64 = 0
    private var unnamedFrames: Int64 = 0
    /// Samples with a user frame that has no name, by its module; nil is no module.
    private(set) var unresolved: [ModuleStore.Index?: Int64] = [:]

    /// Counts a stack, innermost first, that was seen `count` times.
    mutating func count(_ stack: [NamedLocations.Traits], _ count: Int64) {
      samples += count
      if let outermost = stack.last, !outermost.isKernel {
        userStacks += count
        if outermost.isEntry { rooted += count }
      }
      var blamed = Set<ModuleStore.Index?>()
      for frame in stack where !frame.isKernel {
        userFrames += count
        guard !frame.isNamed else { continue }
        unnamedFrames += count
        if blamed.insert(frame.module).inserted { unresolved[frame.module, default: 0] += count }
      }
    }

    func write(to summary: inout RecordingSummary, ends: SampleCollector.Ends) {
      func percent(_ part: Int64, of whole: Int64) -> Double {
        whole > 0 ? 100 * Double(part) / Double(whole) : 0
      }
      summary.samples = samples
      summary.rootedPercent = percent(rooted, of: userStacks)
      summary.unresolvedPercent = percent(unnamedFrames, of: userFrames)
      summary.truncatedPercent = percent(Int64(ends.truncated), of: Int64(ends.stacks))
    }
  }
}
