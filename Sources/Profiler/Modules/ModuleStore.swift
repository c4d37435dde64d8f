internal import Glibc
public import LinuxSystem

/// All modules of a recording, each opened once, when a process is first seen to map it.
public final class ModuleStore {
  /// A module's place in ``modules``.
  public typealias Index = Int

  public private(set) var modules: [ModuleFile] = []
  /// The kernel's own code.
  public let kernel: Index
  private var byFile: [FileKey: Index] = [:]
  private var byName: [NameKey: Index] = [:]
  private var vdso: Index?

  private struct FileKey: Hashable {
    let device: UInt64
    let inode: UInt64
    let size: Int64
  }

  private struct NameKey: Hashable {
    let path: String
    let buildID: [UInt8]
  }

  public init() {
    modules.append(ModuleFile(path: "[kernel.kallsyms]", origin: .kernel))
    kernel = 0
  }

  public subscript(index: Index) -> ModuleFile { modules[index] }

  /// Memory without a file, of one process.
  public func generatedCode(of process: ProcessID) -> Index {
    index(of: NameKey(path: "[generated \(process)]", buildID: [])) {
      ModuleFile(path: "[generated code]", origin: .generated(process))
    }
  }

  /// The module behind a mapping. `buildID` is what the kernel read when it mapped the file; a
  /// file found by path alone is believed only if it has the same.
  public func module(
    path: String, buildID: [UInt8], process: ProcessID, start: UInt64, end: UInt64
  ) -> Index {
    if path == "[vdso]" { return vdsoModule() }
    // What the kernel names //anon, /memfd:…, /dev/zero or /SYSV… has no file with code in it.
    guard path.hasPrefix("/"), !path.hasPrefix("//"), !path.hasPrefix("/memfd:"),
      !path.hasPrefix("/dev/"), !path.hasPrefix("/SYSV")
    else { return generatedCode(of: process) }
    let name = NameKey(path: path, buildID: buildID)
    if !buildID.isEmpty, let known = byName[name] { return known }
    let index = open(path: path, buildID: buildID, process: process, start: start, end: end)
    if !buildID.isEmpty { byName[name] = index }
    return index
  }

  private func open(
    path: String, buildID: [UInt8], process: ProcessID, start: UInt64, end: UInt64
  ) -> Index {
    let deleted = " (deleted)"
    let isDeleted = path.hasSuffix(deleted)
    let plain = isDeleted ? String(path.dropLast(deleted.count)) : path
    // The first is the very file that is mapped, whatever the path leads to by now.
    let range = String(start, radix: 16) + "-" + String(end, radix: 16)
    var places = ["/proc/\(process)/map_files/\(range)", "/proc/\(process)/root\(plain)"]
    if !isDeleted { places.append(plain) }
    var reason = isDeleted ? "the file was deleted" : "no such file"
    for (position, place) in places.enumerated() {
      let descriptor: FileDescriptor
      do throws(SystemCallError) {
        descriptor = try FileDescriptor(reading: place)
      } catch {
        if error.code != ENOENT, position == 2 { reason = error.reason }
        continue
      }
      guard let status = try? descriptor.status(), status.isRegular else { continue }
      let key = FileKey(device: status.device, inode: status.inode, size: status.size)
      if let known = byFile[key], matches(modules[known], buildID) { return known }
      guard let opened = OpenedElf(descriptor: descriptor) else {
        reason = "not an ELF file"
        continue
      }
      let module = ModuleFile(path: plain, opened: opened)
      guard matches(module, buildID) else {
        reason = "the file was replaced since it was mapped (another build-id)"
        continue
      }
      modules.append(module)
      byFile[key] = modules.count - 1
      return modules.count - 1
    }
    return index(of: NameKey(path: path, buildID: buildID)) {
      ModuleFile(path: plain, origin: .unreadable(reason))
    }
  }

  private func matches(_ module: ModuleFile, _ buildID: [UInt8]) -> Bool {
    buildID.isEmpty || module.buildID.isEmpty || module.buildID == buildID.hexadecimal
  }

  private func index(of name: NameKey, make: () -> ModuleFile) -> Index {
    if let known = byName[name] { return known }
    modules.append(make())
    byName[name] = modules.count - 1
    return modules.count - 1
  }

  /// The kernel maps one and the same vdso into every process: this process's own is read.
  private func vdsoModule() -> Index {
    if let vdso { return vdso }
    let region = Processes.mappings(of: getpid()).first { $0.path == "[vdso]" }
    var module = ModuleFile(path: "[vdso]", origin: .vdso)
    if let region, let base = UnsafeRawPointer(bitPattern: UInt(region.start)) {
      let image = UnsafeRawBufferPointer(start: base, count: Int(region.end - region.start))
      if let opened = OpenedElf(image: Array(image)) { module = ModuleFile(vdso: opened) }
    }
    modules.append(module)
    vdso = modules.count - 1
    return modules.count - 1
  }
}
