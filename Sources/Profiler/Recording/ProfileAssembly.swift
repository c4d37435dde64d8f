internal import LinuxSystem
internal import Modules
internal import Profiles
internal import Symbols
internal import Unwinding

/// Counted stacks → a profile with names, and the figures that follow from it.
struct ProfileAssembly {
  let collector: SampleCollector
  let symbolizer: Symbolizer
  let isClock: Bool

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
    var isNamed: [Bool] = []
    var isKernel: [Bool] = []
    var isEntry: [Bool] = []
    var problems: [Int: String] = [:]
    // The kernel's mapping comes last: readers take the first for the program's own.
    let order = byModule.keys.sorted { left, right in
      (left == collector.store.kernel || left < 0 ? 1 : 0, left)
        < (right == collector.store.kernel || right < 0 ? 1 : 0, right)
    }
    for module in order {
      let sorted = (byModule[module] ?? []).sorted { $0.address < $1.address }
      guard module >= 0 else {
        for place in sorted {
          locationOf[place] = profile.locations.count
          profile.locations.append(
            Profile.Location(mapping: nil, address: place.address, lines: []))
          isNamed.append(false)
          isKernel.append(false)
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
        locationOf[place] = profile.locations.count
        profile.locations.append(
          Profile.Location(
            mapping: profile.mappings.count - 1, address: place.address,
            lines: frames.map { Profile.Line(function: $0.function, line: Int64($0.line)) }))
        isNamed.append(!frames.isEmpty)
        isKernel.append(module == collector.store.kernel)
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
    // The same stack under the same names is one sample, whatever order it was counted in.
    let keys = collector.counts.keys.sorted { ($0.stack, $0.label) < ($1.stack, $1.label) }
    for key in keys {
      guard let count = collector.counts[key] else { continue }
      let stack = collector.stacks.stack(of: key.stack)
      let locations = stack.compactMap { locationOf[$0] }
      let label = collector.processes.labels[Int(key.label)]
      profile.samples.append(
        Profile.Sample(
          locations: locations, values: [count.samples, count.weight],
          labels: [
            .init(key: "process", value: .text(label.process)),
            .init(key: "thread", value: .text(label.thread)),
          ]))
      figures.samples += count.samples
      if let outermost = locations.last, !isKernel[outermost] {
        figures.userStacks += count.samples
        if isEntry[outermost] { figures.rooted += count.samples }
      }
      var blamed = Set<Int>()
      for (place, location) in zip(stack, locations) where !isKernel[location] {
        figures.userFrames += count.samples
        if !isNamed[location] {
          figures.unnamedFrames += count.samples
          if blamed.insert(place.module ?? -1).inserted {
            unresolvedSamples[place.module ?? -1, default: 0] += count.samples
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
