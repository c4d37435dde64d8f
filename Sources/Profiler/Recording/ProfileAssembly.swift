internal import LinuxSystem
internal import Modules
internal import Profiles
internal import Symbols
internal import Unwinding

/// Counted stacks → a profile with names, and the figures that follow from it.
struct ProfileAssembly {
  let collector: SampleCollector
  let symbolizer: Symbolizer

  private static let entryNames: Set<String> = [
    "_start", "clone", "__clone", "clone3", "__clone3", "start_thread", "thread_start",
    "_dl_start_user", "_rt0_amd64_linux", "runtime.goexit", "runtime.mstart",
  ]

  /// Fills a profile that already has its types and comments.
  func fill(_ profile: inout Profile, _ summary: inout RecordingSummary) {
    var places = Set<CodeAddress>()
    for node in collector.stacks.places.dropFirst() { places.insert(node) }
    var byModule: [Int: [CodeAddress]] = [:]
    for place in places { byModule[place.module ?? -1, default: []].append(place) }

    var locationOf: [CodeAddress: Int] = [:]
    locationOf.reserveCapacity(places.count)
    var locationOfFrames: [NamedPlace: Int] = [:]
    var isNamed: [Bool] = []
    var isKernel: [Bool] = []
    var moduleOf: [Int] = []
    var isEntry: [Bool] = []
    var problems: [Int: String] = [:]
    // Readers take the first mapping for the program's own.
    let program = programModule
    func rank(_ module: Int) -> Int {
      if module == program { return 0 }
      return module == collector.store.kernel || module < 0 ? 2 : 1
    }
    let order = byModule.keys.sorted { (rank($0), $0) < (rank($1), $1) }
    for module in order {
      let sorted = (byModule[module] ?? []).sorted { $0.address < $1.address }
      guard module >= 0 else {
        for place in sorted {
          locationOf[place] = profile.locations.count
          profile.locations.append(
            Profile.Location(mapping: nil, address: place.address, lines: []))
          isNamed.append(false)
          isKernel.append(false)
          moduleOf.append(module)
          isEntry.append(false)
        }
        problems[module] = "no file is mapped there"
        continue
      }
      let file = collector.store[module]
      let resolved = symbolizer.resolve(sorted.map(\.address), in: file)
      problems[module] = resolved.problem
      profile.mappings.append(
        Profile.Mapping(
          start: 0, limit: module == collector.store.kernel ? .max : 1 << 48,
          fileName: file.path, buildID: file.buildID,
          hasFunctions: resolved.frames.contains { !$0.isEmpty },
          hasFileNames: resolved.hasDebugInformation,
          hasLineNumbers: resolved.hasDebugInformation,
          hasInlineFrames: resolved.hasDebugInformation))
      for (place, frames) in zip(sorted, resolved.frames) {
        if !frames.isEmpty {
          let named = NamedPlace(module: module, frames: frames)
          if let known = locationOfFrames[named] {
            locationOf[place] = known
            continue
          }
          locationOfFrames[named] = profile.locations.count
        }
        locationOf[place] = profile.locations.count
        profile.locations.append(
          Profile.Location(
            mapping: profile.mappings.count - 1, address: place.address,
            lines: frames.map { Profile.Line(function: $0.function, line: Int64($0.line)) }))
        isNamed.append(!frames.isEmpty)
        isKernel.append(module == collector.store.kernel)
        moduleOf.append(module)
        isEntry.append(
          frames.last.map { Self.entryNames.contains(symbolizer.functions[$0.function].symbol) }
            ?? false)
      }
    }
    profile.functions = symbolizer.functions.map {
      Profile.Function(
        name: $0.name, systemName: $0.symbol, fileName: $0.file, startLine: Int64($0.line))
    }

    var figures = Figures()
    var unresolvedSamples: [Int: Int64] = [:]
    // One array for each label, shared by all its samples.
    let labels = collector.processes.labels.map { label -> [Profile.Label] in
      [
        .init(key: "process", value: .text(label.process)),
        .init(key: "thread", value: .text(label.thread)),
      ]
    }
    let merged = mergedCounts(locationOf)
    let keys = merged.counts.keys.sorted { ($0.stack, $0.label) < ($1.stack, $1.label) }
    profile.samples.reserveCapacity(keys.count)
    for key in keys {
      guard let count = merged.counts[key] else { continue }
      let locations = merged.stacks.stack(of: key.stack).map { Int($0.rawValue) }
      profile.samples.append(
        Profile.Sample(
          locations: locations, values: [count.samples, count.weight],
          labels: labels[Int(key.label)]))
      figures.samples += count.samples
      if let outermost = locations.last, !isKernel[outermost] {
        figures.userStacks += count.samples
        if isEntry[outermost] { figures.rooted += count.samples }
      }
      var blamed = Set<Int>()
      for location in locations where !isKernel[location] {
        figures.userFrames += count.samples
        if !isNamed[location] {
          figures.unnamedFrames += count.samples
          let module = moduleOf[location]
          if blamed.insert(module).inserted {
            unresolvedSamples[module, default: 0] += count.samples
          }
        }
      }
    }
    figures.write(to: &summary, ends: collector.ends)
    summary.unresolved =
      unresolvedSamples
      .map { module, samples in
        RecordingSummary.UnresolvedModule(
          module: module >= 0 ? collector.store[module].name : "[unmapped]", samples: samples,
          reason: problems[module] ?? "unknown")
      }
      .sorted { ($1.samples, $0.module) < ($0.samples, $1.module) }
  }

  /// Places of one module at which the same calls go on, on the same lines.
  private struct NamedPlace: Hashable {
    let module: ModuleStore.Index
    let frames: [NamedFrame]
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
    var samples: Int64 = 0
    var userStacks: Int64 = 0
    var rooted: Int64 = 0
    var userFrames: Int64 = 0
    var unnamedFrames: Int64 = 0

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
