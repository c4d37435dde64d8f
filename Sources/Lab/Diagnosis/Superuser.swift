internal import LinuxSystem

/// Lines for root on a machine without sudo, as in containers.
enum Superuser {
  /// Whether lines are to do without sudo.
  static let needsNoSudo = Machine.effectiveUser == 0 && Processes.program(named: "sudo") == nil

  /// A line without its `sudo`, at its start or within.
  static func withoutSudo(_ line: String) -> String {
    // Elsewhere there may be one.
    if line.contains("on the host") || line.hasPrefix("on ") { return line }
    return line.split(separator: " ", omittingEmptySubsequences: false).filter { $0 != "sudo" }
      .joined(separator: " ")
  }
}

extension Remedy {
  /// As it can be run here.
  var runnable: Remedy {
    guard Superuser.needsNoSudo else { return self }
    var remedy = self
    remedy.line = Superuser.withoutSudo(line)
    remedy.alternatives = alternatives.map(Superuser.withoutSudo)
    return remedy
  }
}
