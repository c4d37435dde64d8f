internal import LinuxSystem
internal import Modules
internal import Terminal

/// What a profile of a program could say: names, lines, whole stacks. Of lynx itself, and of the program of
/// `--binary` or `--pid`.
public enum SymbolChecks {
  public static func all(_ subject: Subject) -> [Check] {
    let packages = DebianPackages(files: subject.files)
    let own = Shared {
      let path = Machine.ownExecutable
      // Of an executable that was replaced while it ran, only the kernel still has the file.
      return ExaminedModules.file(path.hasSuffix(" (deleted)") ? "/proc/self/exe" : path)
    }
    let target = Shared { Self.target(subject) }
    return checks("lynx", "lynx", own, packages) + checks("program", "program", target, packages)
  }

  private static func target(_ subject: Subject) -> ExaminedModules {
    guard subject.binary != nil || subject.pid != nil else {
      var nothing = ExaminedModules()
      nothing.failure = Finding(.notApplicable, "neither --binary nor --pid names a program")
      return nothing
    }
    let file = subject.binary.map(ExaminedModules.file)
    guard let pid = subject.pid else { return file ?? ExaminedModules() }
    var all = ExaminedModules.process(pid)
    guard let file else { return all }
    if file.failure != nil { return file }
    if all.failure == nil {
      all.modules.removeAll { module in file.modules.contains { $0.path == module.path } }
      all.modules = file.modules + all.modules
    }
    return all
  }

  private static func checks(
    _ key: String, _ title: String, _ modules: Shared<ExaminedModules>, _ packages: DebianPackages
  ) -> [Check] {
    func check(
      _ name: String, _ what: String, _ find: @escaping @Sendable (SymbolFindings) -> Finding
    ) -> Check {
      Check(
        id: "symbols.\(key).\(name)", group: .symbols, title: "\(title): \(what)",
        deadline: .milliseconds(1500)
      ) {
        let examined = modules.value
        if let failure = examined.failure {
          // Told once, by the first.
          if name == "file" || failure.status == .notApplicable { return failure }
          return Finding(.notApplicable, "the file was not read")
        }
        return find(SymbolFindings(examined: examined, packages: packages))
      }
    }
    return [
      check("file", "files") { $0.files },
      check("names", "names of functions") { $0.names },
      check("debug_information", "lines and inlined calls") { $0.debugInformation },
      check("call_frames", "call-frame rules") { $0.callFrames },
      check("build_id", "build-id") { $0.buildID },
      check("debug_file", "separate debug file") { $0.debugFile },
      check("frame_pointers", "frame pointers") { $0.framePointers },
      check("debuginfod", "debuginfod") {
        $0.debuginfod(servers: environmentValue("DEBUGINFOD_URLS") ?? "")
      },
    ]
  }
}
