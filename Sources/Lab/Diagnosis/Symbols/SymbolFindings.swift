internal import Modules

/// What is found of modules that were read: of one, what it has; of several, how many lack it and which.
struct SymbolFindings {
  let examined: ExaminedModules
  let packages: DebianPackages
  private var modules: [ModuleExamination] { examined.modules }
  /// What is to be profiled: the other modules are libraries.
  private var program: ModuleExamination? { modules.first }

  init(examined: ExaminedModules, packages: DebianPackages) {
    self.examined = examined
    self.packages = packages
  }

  var files: Finding {
    guard let program else { return Finding(.notApplicable, "it maps no file") }
    guard let first = examined.unreadable.first else {
      let others = modules.count - 1
      return Finding(
        .ok,
        "\(program.path), \(Self.languageText(program.language))"
          + (others > 0 ? ", and \(others) \(others == 1 ? "library" : "libraries")" : "")
          + (examined.passedOver > 0
            ? "; \(examined.passedOver) small ones not looked at, for want of time" : ""))
    }
    return Finding(
      .warning,
      "\(examined.unreadable.count) of \(modules.count + examined.unreadable.count) files "
        + "cannot be read: \(first.path) (\(first.reason))",
      expected: "the files that the process runs",
      remedy: Remedy("start the process anew, so that it runs the files that are there"))
  }

  private static func languageText(_ language: ModuleExamination.Language) -> String {
    language == .unknown ? "of no language that was recognised" : "written in \(language.rawValue)"
  }

  // MARK: Names and lines

  var names: Finding {
    let gaps = modules.filter { !$0.hasNames }
    guard let worst = gaps.first else {
      return Finding(
        .ok, count("have their functions named", "its functions are named", by: ".symtab"))
    }
    let isNameless = worst.path == program?.path && !worst.hasDynamicFunctions
    let observed =
      worst.hasDynamicFunctions
      ? "stripped: only what it exports is named (.dynsym)"
      : "stripped: nothing names its functions"
    return Finding(
      isNameless ? .failed : .warning, tell(gaps, one: observed, many: "are stripped"),
      expected: ".symtab, in the file or its debug file",
      remedy: remedy(.names, worst, gaps))
  }

  var debugInformation: Finding {
    let gaps = modules.filter { !$0.hasLines }
    guard let worst = gaps.first else {
      if let program, let facts = program.facts, let gap = Self.gap(of: program, facts) {
        return Finding(
          .warning, gap,
          expected: "debug information of the program's own code, in the file or its debug file",
          remedy: facts.isSplit
            ? Remedy("build it without -gsplit-dwarf")
            : remedy(.debugInformation, program, [program]))
      }
      let versions = Set(modules.flatMap { $0.facts?.versions ?? [] }).sorted()
      let text = versions.map(String.init).joined(separator: " and ")
      return Finding(
        .ok,
        "DWARF \(text) with lines" + (modules.count > 1 ? ", in all \(modules.count) files" : ""))
    }
    let observed =
      if let facts = worst.facts {
        facts.versions.isEmpty ? "debug information that cannot be read" : "DWARF without lines"
      } else {
        "no .debug_info"
      }
    return Finding(
      .warning, tell(gaps, one: observed, many: "have no lines and inlined calls"),
      expected: ".debug_info and .debug_line, in the file or its debug file",
      remedy: remedy(.debugInformation, worst, gaps))
  }

  /// What debug information that is there leaves out.
  private static func gap(
    of program: ModuleExamination, _ facts: ModuleExamination.DebugFacts
  ) -> String? {
    if facts.isSplit {
      return "lines alone: what is inlined stands in .dwo files, which Lynx does not read"
    }
    if program.describesMain == false {
      return "of what was linked to it alone: main, the program's own, has none"
    }
    return nil
  }

  var buildID: Finding {
    let gaps = modules.filter(\.buildID.isEmpty)
    guard let worst = gaps.first else {
      return Finding(
        .ok, modules.count == 1 ? modules[0].buildID : "all \(modules.count) files have one")
    }
    return Finding(
      .warning, tell(gaps, one: "none", many: "have none"),
      expected: "a build-id, by which debug files are found and builds told apart",
      remedy: remedy(.buildID, worst, gaps))
  }

  var debugFile: Finding {
    let without = modules.filter { $0.debugInformation == nil }
    guard let first = without.first else {
      return Finding(
        .notApplicable, "debug information is in the \(modules.count == 1 ? "file" : "files")")
    }
    let missing = without.filter { $0.separate == nil }
    guard let worst = missing.first else {
      let path = first.separate?.path ?? ""
      return Finding(
        .ok, without.count == 1 ? path : "found for \(without.count) files, first \(path)")
    }
    let places = worst.debugFilePlaces.joined(separator: ", ")
    let looked =
      places.isEmpty
      ? "nowhere to look: neither build-id nor .gnu_debuglink" : "not at \(places)"
    let observed =
      modules.count == 1
      ? looked : "\(missing.count) of \(modules.count) have none; \(worst.name): \(looked)"
    let package = packages.owner(of: worst.path)
    guard worst.hasDebugLink || package != nil else {
      // Nobody says that there is one: what is missing is told with the lines.
      return Finding(.notApplicable, observed)
    }
    return Finding(
      .warning, observed, expected: "the debug file that was split off",
      remedy: remedy(.debugInformation, worst, missing))
  }

  func debuginfod(servers: String) -> Finding {
    guard let gap = modules.first(where: { !$0.hasLines && !$0.buildID.isEmpty }) else {
      return Finding(.notApplicable, "nothing is missing that it could bring")
    }
    guard !servers.isEmpty else {
      return Finding(.notApplicable, "DEBUGINFOD_URLS is not set")
    }
    let id = gap.buildID
    return Finding(
      .warning,
      "DEBUGINFOD_URLS is set, and Lynx asks no server by itself; \(gap.name) lacks debug information",
      expected: "debug files on this machine",
      remedy: Remedy(
        "sudo install -D -m 644 \"$(debuginfod-find debuginfo \(id))\" "
          + "/usr/lib/debug/.build-id/\(id.prefix(2))/\(id.dropFirst(2)).debug", needsRoot: true))
  }

  // MARK: Stacks

  var callFrames: Finding {
    let gaps = modules.filter { $0.callFrameCoverage < .most }
    guard let worst = gaps.first else {
      let program = modules[0]
      return Finding(
        .ok,
        program.callFramesText
          + (modules.count > 1 ? " in \(program.name); all \(modules.count) files" : ""))
    }
    let isGo = worst.language == .go
    let hasFramePointers = isGo || (worst.framePointers.fraction ?? 0) >= 0.9
    if isGo, worst.path == program?.path {
      return Finding(.ok, worst.callFramesText + "; Go keeps frame pointers, which lead on")
    }
    if worst.callFrameCoverage == .some, hasFramePointers {
      // As in a static Swift runtime: what has no rules keeps frame pointers, and is left by them.
      return Finding(
        .ok,
        worst.callFramesText + (modules.count > 1 ? " in \(worst.name)" : "")
          + "; where there are none, frame pointers lead on")
    }
    let isBroken =
      worst.path == program?.path && worst.callFrameCoverage == .few && !hasFramePointers
    return Finding(
      isBroken ? .failed : .warning,
      tell(
        gaps, one: worst.callFramesText,
        many: "have few, first \(worst.name): \(worst.callFramesText)"),
      expected: ".eh_frame with rules for nine functions of ten, or stacks end early",
      remedy: packageRemedy(gaps) ?? Remedy(BuildAdvice.line(.callFrames, worst.language)))
  }

  /// Nothing depends on them where there are rules.
  var framePointers: Finding {
    if program?.language == .go {
      return Finding(.ok, "Go's compiler keeps them in every function with a frame")
    }
    guard let worst = modules.first(where: { $0.callFrameCoverage < .most }) ?? program,
      let fraction = worst.framePointers.fraction
    else { return Finding(.notApplicable, "no function with a frame was recognised") }
    let observed =
      "\(Self.percent(fraction)) of \(worst.framePointers.sample) functions with a frame"
      + (modules.count > 1 ? " in \(worst.name)" : "")
    if worst.callFrameCoverage == .most {
      return Finding(.ok, observed + "; not needed, call-frame rules are there")
    }
    if fraction >= 0.9 { return Finding(.ok, observed) }
    return Finding(
      .warning, observed, expected: "frame pointers where there are no call-frame rules",
      remedy: Remedy(BuildAdvice.line(.framePointers, worst.language)))
  }

  // MARK: Sentences

  static func percent(_ fraction: Double) -> String { "\(Int((fraction * 100).rounded(.down)))%" }

  private func count(_ many: String, _ one: String, by section: String) -> String {
    modules.count == 1 ? "\(one) by \(section)" : "all \(modules.count) files \(many) by \(section)"
  }

  private func tell(_ gaps: [ModuleExamination], one: String, many: String) -> String {
    if modules.count == 1 { return one }
    let named = gaps.prefix(3).map(\.name).joined(separator: ", ")
    return "\(gaps.count) of \(modules.count) files \(many)"
      + (many.contains(": ") ? "" : ": \(named)\(gaps.count > 3 ? " …" : "")")
  }

  /// What closes a gap of `worst`, and of the others that have it.
  private func remedy(
    _ gap: BuildAdvice.Gap, _ worst: ModuleExamination, _ gaps: [ModuleExamination]
  ) -> Remedy {
    if gap != .buildID, let remedy = packageRemedy(gaps) { return remedy }
    // It was built with debug information; that is somewhere else.
    if gap == .debugInformation || gap == .names, worst.hasDebugLink, worst.separate == nil,
      let place = worst.debugFilePlaces.first
    {
      return Remedy("put the debug file that was split off at build time to \(place)")
    }
    return Remedy(BuildAdvice.line(gap, worst.language))
  }

  /// What Debian built is not built anew: its debug information is a package. nil if the first is not Debian's.
  private func packageRemedy(_ modules: [ModuleExamination]) -> Remedy? {
    let owners = packages.owners(of: modules.map(\.path))
    guard let first = modules.first, owners[first.path] != nil else { return nil }
    var names: [String] = []
    for module in modules {
      // A debug file has none of its own.
      guard let name = owners[module.path], !names.contains(name), !name.hasSuffix("-dbg"),
        !name.hasSuffix("-dbgsym")
      else { continue }
      names.append(name)
    }
    return names.isEmpty ? nil : Remedy(packages.debugLine(for: names), needsRoot: true)
  }
}

extension ModuleExamination {
  /// For how many functions there are call-frame rules.
  enum Coverage: Int, Comparable {
    case few, some, most
    static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }

  var facts: DebugFacts? { debugInformation ?? separate?.facts }
  var hasNames: Bool { hasSymbolTable || separate?.hasSymbolTable == true }
  var hasLines: Bool { facts.map { $0.hasLines && !$0.versions.isEmpty } ?? false }

  /// Where no function is named, places between functions and in the start files, which have no rules,
  /// count as well, and in a small program much: less is most then.
  var callFrameCoverage: Coverage {
    guard callFrameSections.loaded || callFrameSections.debug else {
      return callFrames.sample == 0 ? .most : .few
    }
    guard let fraction = callFrames.fraction else { return .most }
    let isNamed = hasSymbolTable || hasDynamicFunctions
    if fraction >= (isNamed ? 0.9 : 0.35) { return .most }
    return fraction >= (isNamed ? 0.5 : 0.2) ? .some : .few
  }

  var callFramesText: String {
    let sections = [
      callFrameSections.loaded ? ".eh_frame" : nil, callFrameSections.debug ? ".debug_frame" : nil,
    ].compactMap { $0 }
    if sections.isEmpty { return "neither .eh_frame nor .debug_frame" }
    guard let fraction = callFrames.fraction else { return sections.joined(separator: " and ") }
    let what = hasSymbolTable || hasDynamicFunctions ? "functions" : "places in the code"
    return
      "\(sections.joined(separator: " and ")): rules for \(SymbolFindings.percent(fraction)) of "
      + "\(callFrames.sample) \(what)"
  }
}
