/// What a file brings for its samples to be unwound and named. Of large files a part is looked at: so many
/// functions and compilation units as can be in a moment.
public struct ModuleExamination: Sendable {
  public let path: String
  /// In lower-case hexadecimal, empty if there is none.
  public let buildID: String
  /// Whether `.symtab` names functions.
  public let hasSymbolTable: Bool
  /// Whether `.dynsym` names functions that are in the file.
  public let hasDynamicFunctions: Bool
  /// The file's own debug information.
  public let debugInformation: DebugFacts?
  /// Its separate debug file.
  public let separate: (path: String, facts: DebugFacts?, hasSymbolTable: Bool)?
  /// Where a separate debug file is looked for, in this order.
  public let debugFilePlaces: [String]
  /// Whether the file names a debug file by `.gnu_debuglink`.
  public let hasDebugLink: Bool
  /// Whether there is `.eh_frame`, and whether there is `.debug_frame`.
  public let callFrameSections: (loaded: Bool, debug: Bool)
  /// Of functions (of places in the code, where no function is named), those for which call-frame rules
  /// were found.
  public let callFrames: Share
  /// Of functions that make a frame, those that have the frame pointer lead to it.
  public let framePointers: Share
  public let language: Language
  /// Whether debug information describes the function with which the program begins; nil if that is not known.
  public let describesMain: Bool?

  /// What debug information says of itself.
  public struct DebugFacts: Sendable, Equatable {
    /// Versions of DWARF, ascending; empty if no unit could be read.
    public let versions: [Int]
    public let hasLines: Bool
    /// Whether units have the better part of themselves in files of their own (DWARF 5, 7.3.2: `.dwo`).
    public let isSplit: Bool
  }

  /// So many of a sample.
  public struct Share: Sendable, Equatable {
    public let found: Int
    public let sample: Int

    /// nil if nothing could be looked at.
    public var fraction: Double? { sample == 0 ? nil : Double(found) / Double(sample) }
  }

  /// What a program was written in, for the most part.
  public enum Language: String, Sendable, CaseIterable {
    case swift = "Swift"
    case rust = "Rust"
    case go = "Go"
    case c = "C/C++"
    case unknown
  }
}

extension ModuleFile {
  /// A file that need not be mapped by any process; nil if it is not an ELF file as this machine has them.
  public convenience init?(path: String) {
    guard let opened = OpenedElf(path: path) else { return nil }
    self.init(path: path, opened: opened)
  }

  /// Looks at what the file brings; nil if there is no file.
  public func examine() -> ModuleExamination? {
    guard let elf else { return nil }
    let own = elf.hasDebugInformation ? UnitFacts(elf) : nil
    let separate = own == nil ? DebugFile.find(for: elf, path: path) : nil
    let separateUnits = separate.flatMap { UnitFacts($0.opened.file) }
    let functions = FunctionSample(elf)
    let language = SourceLanguage.guess(
      elf, units: own ?? separateUnits, symbols: functions.names)
    let debug = own == nil ? separate?.opened.file : elf
    return ModuleExamination(
      path: path, buildID: buildID, hasSymbolTable: functions.isNamed,
      hasDynamicFunctions: functions.isNamedDynamically,
      debugInformation: own?.facts,
      separate: separate.map {
        ($0.path, separateUnits?.facts, FunctionSample($0.opened.file).isNamed)
      },
      debugFilePlaces: DebugFile.places(for: elf, path: path), hasDebugLink: elf.debugLink != nil,
      callFrameSections: (
        elf.hasContent(".eh_frame"),
        elf.hasContent(".debug_frame") || elf.hasContent(".zdebug_frame")
      ),
      callFrames: functions.callFrames, framePointers: functions.framePointers,
      language: language,
      describesMain: debug.flatMap {
        UnitFacts.describesMain(language, in: functions.isNamed ? elf : $0, by: $0)
      })
  }
}

extension ElfFile {
  /// Whether there is a section that is more than its header.
  func hasContent(_ name: String) -> Bool {
    section(name).map { $0.size > 0 && $0.hasBytes } ?? false
  }
}
