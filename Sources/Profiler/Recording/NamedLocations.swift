internal import Modules
internal import Profiles
internal import Symbols
internal import Unwinding

/// The distinct places of all stacks with their names: a profile's locations and mappings. Places
/// of one module at which the same calls go on, on the same lines, are one location.
struct NamedLocations {
  /// What is asked of a location when samples are counted.
  struct Traits {
    /// Nil if no file is mapped there.
    let module: ModuleStore.Index?
    let isKernel: Bool
    let isNamed: Bool
    /// Whether a process or a thread begins there.
    let isEntry: Bool
  }

  private(set) var mappings: [Profile.Mapping] = []
  private(set) var locations: [Profile.Location] = []
  /// For each location.
  private(set) var traits: [Traits] = []
  private(set) var indexOfPlace: [CodeAddress: Int] = [:]
  /// What kept a module's functions from having names.
  private(set) var problems: [ModuleStore.Index?: String] = [:]

  private var indexOfCalls: [NamedPlace: Int] = [:]

  private struct NamedPlace: Hashable {
    let module: ModuleStore.Index
    let frames: [NamedFrame]
  }

  private static let entryNames: Set<String> = [
    "_start", "clone", "__clone", "clone3", "__clone3", "start_thread", "thread_start",
    "_dl_start_user", "_rt0_amd64_linux", "runtime.goexit", "runtime.mstart",
  ]

  /// `program` comes first: readers take the first mapping for the program's own.
  init(
    of places: some Sequence<CodeAddress>, in store: ModuleStore, program: ModuleStore.Index?,
    by symbolizer: Symbolizer
  ) {
    var byModule: [ModuleStore.Index?: [CodeAddress]] = [:]
    for place in Set(places) { byModule[place.module, default: []].append(place) }
    indexOfPlace.reserveCapacity(byModule.values.reduce(0) { $0 + $1.count })
    func rank(_ module: ModuleStore.Index) -> Int {
      if module == program { return 0 }
      return module == store.kernel ? 2 : 1
    }
    let order = byModule.keys.compactMap { $0 }.sorted { (rank($0), $0) < (rank($1), $1) }
    for module in order { byModule[module]?.sort { $0.address < $1.address } }
    // The program last: it is the largest, and the other files are closed by then.
    var resolved: [ModuleStore.Index: Symbolizer.Resolution] = [:]
    for module in order.reversed() {
      resolved[module] = symbolizer.resolve(
        (byModule[module] ?? []).map(\.address), in: store[module])
    }
    for module in order {
      guard let places = byModule[module], let names = resolved[module] else { continue }
      add(places, names, of: module, in: store, by: symbolizer)
    }
    for place in (byModule[nil] ?? []).sorted(by: { $0.address < $1.address }) {
      problems[nil] = "no file is mapped there"
      append(
        Profile.Location(mapping: nil, address: place.address, lines: []), of: place,
        Traits(module: nil, isKernel: false, isNamed: false, isEntry: false))
    }
  }

  private mutating func add(
    _ places: [CodeAddress], _ resolved: Symbolizer.Resolution, of module: ModuleStore.Index,
    in store: ModuleStore, by symbolizer: Symbolizer
  ) {
    let file = store[module]
    let isKernel = module == store.kernel
    problems[module] = resolved.problem
    mappings.append(
      Profile.Mapping(
        start: 0, limit: isKernel ? .max : 1 << 48,
        fileName: file.path, buildID: file.buildID,
        hasFunctions: resolved.frames.contains { !$0.isEmpty },
        hasFileNames: resolved.hasDebugInformation,
        hasLineNumbers: resolved.hasDebugInformation,
        hasInlineFrames: resolved.hasDebugInformation))
    for (place, frames) in zip(places, resolved.frames) {
      if !frames.isEmpty {
        let named = NamedPlace(module: module, frames: frames)
        if let known = indexOfCalls[named] {
          indexOfPlace[place] = known
          continue
        }
        indexOfCalls[named] = locations.count
      }
      let outermost = frames.last.map { symbolizer.functions[$0.function].symbol }
      append(
        Profile.Location(
          mapping: mappings.count - 1, address: place.address,
          lines: frames.map { Profile.Line(function: $0.function, line: Int64($0.line)) }),
        of: place,
        Traits(
          module: module, isKernel: isKernel, isNamed: !frames.isEmpty,
          // Nameless, as in a stripped libc: rules that know of no caller tell it as well.
          isEntry: outermost.map(Self.entryNames.contains)
            ?? (file.unwindRule(at: place.address).returnAddress == UnwindRule.undefined)))
    }
  }

  private mutating func append(
    _ location: Profile.Location, of place: CodeAddress, _ traits: Traits
  ) {
    indexOfPlace[place] = locations.count
    locations.append(location)
    self.traits.append(traits)
  }
}
