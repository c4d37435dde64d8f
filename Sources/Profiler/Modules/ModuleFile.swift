internal import Glibc
public import LinuxSystem

/// A file (or image) that processes execute from, held open from when it was first seen, so that
/// its rules and names can be read after it, or the process, is gone.
///
/// Addresses are relative: those the file itself uses, before it was moved to where it is mapped.
/// Belongs to one thread at a time.
public final class ModuleFile {
  /// Where it comes from.
  public enum Origin: Sendable, Hashable {
    case file
    /// Code of the kernel; addresses are those of /proc/kallsyms.
    case kernel
    case vdso
    /// Memory without a file: code generated at run time by this process.
    case generated(ProcessID)
    /// A file that could not be opened; the reason is for a person.
    case unreadable(String)
  }

  /// The path in the process's own view, or a name in brackets.
  public let path: String
  public let origin: Origin
  public let buildID: String
  let elf: ElfFile?
  private let opened: OpenedElf?
  private var callFrames: CallFrameTable?
  private var prologues: PrologueRules?
  private var callFramesWereRead = false

  /// A module without a file behind it.
  public init(path: String, origin: Origin) {
    self.path = path
    self.origin = origin
    buildID = ""
    elf = nil
    opened = nil
  }

  /// A module whose file is open.
  init(path: String, opened: OpenedElf) {
    self.path = path
    origin = .file
    self.opened = opened
    elf = opened.file
    buildID = opened.file.buildID
  }

  /// The vdso, from an image of it.
  init(vdso image: OpenedElf) {
    path = "[vdso]"
    origin = .vdso
    opened = image
    elf = image.file
    buildID = image.file.buildID
  }

  /// The last component of the path.
  public var name: String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// What must be subtracted from an address in a mapping that starts at `start` with the file's
  /// byte `fileOffset` to get the relative one.
  func bias(start: UInt64, fileOffset: UInt64) -> UInt64 {
    guard let relative = elf?.address(ofFileOffset: fileOffset) else { return start &- fileOffset }
    return start &- relative
  }

  /// The rule for a relative address. Costs microseconds: callers keep what they get.
  public func unwindRule(at address: UInt64) -> UnwindRule {
    if !callFramesWereRead {
      callFramesWereRead = true
      callFrames = elf.flatMap { CallFrameTable($0) }
    }
    if let rule = callFrames?.rule(at: address) { return rule }
    guard let elf else { return .missing }
    if prologues == nil { prologues = PrologueRules(file: elf, symbols: SymbolTable(elf)) }
    return prologues?.rule(at: address) ?? .missing
  }

  /// Where `.eh_frame_hdr` and `.eh_frame` lie, for libunwind; nil without them.
  public var unwindTable: (address: UInt64, size: UInt64)? {
    guard let section = elf?.section(".eh_frame_hdr") else { return nil }
    return (section.address, section.size)
  }

  /// A word of what the file loads at a relative address, zeros behind a section's end; nil if it
  /// loads nothing there.
  public func loadedWord(at address: UInt64) -> UInt64? {
    guard let bytes = elf?.loadedBytes(at: address, count: 8), !bytes.isEmpty else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Opens what names this module's functions; nil if there is no file.
  public func openFunctionNames() -> FunctionNames? {
    nameSource.flatMap { FunctionNames($0) }
  }

  /// What ``FunctionNames`` is opened from: a handle of its own on the same file, so that it may be
  /// read by another thread. nil if there is no file.
  public var nameSource: NameSource? {
    guard let opened else { return nil }
    return NameSource(path: path) { opened.duplicate() }
  }
}

/// A file whose functions are to be named, apart from the handle its rules are read through.
public final class NameSource {
  let path: String
  let reopen: () -> OpenedElf?

  init(path: String, reopen: @escaping () -> OpenedElf?) {
    self.path = path
    self.reopen = reopen
  }
}
