internal import Glibc
internal import LinkServer
internal import LinuxSystem

/// Whether `lynx serve` would start and have what it needs: ports, files, room, a clock.
public enum ServerChecks {
  public static func all(_ subject: Subject) -> [Check] {
    let files = subject.files
    func check(
      _ name: String, _ title: String, _ find: @escaping @Sendable (ServingSubject) -> Finding
    ) -> Check {
      Check(
        id: "server.\(name)", group: .server, title: title, deadline: .milliseconds(1500)
      ) {
        guard let serving = subject.serving else {
          return Finding(.notApplicable, "there are no settings of a server to look at")
        }
        return find(serving)
      }
    }
    return [
      check("redirects_port", "addresses of redirects") {
        PortFindings(places: $0.redirects, option: "--redirect-port").finding
      },
      check("api_port", "addresses of the API") {
        PortFindings(places: $0.api, option: "--api-port").finding
      },
      check("open_files", "files that may be open") { OpenFiles.finding(needs: $0.files) },
      check("backlog", "waiting connections") { _ in NetworkFindings(files: files).backlog },
      check("ephemeral_ports", "ports for outgoing connections") {
        NetworkFindings(files: files).ephemeralPorts(serving: $0.ports)
      },
      check("connections", "connections of the machine") { _ in
        NetworkFindings(files: files).connections
      },
      check("writable", "directories that are written") {
        DirectoryFindings(serving: $0).writable
      },
      check("space", "room on the disk") { DirectoryFindings(serving: $0).space },
      check("file_system", "kind of file system") { DirectoryFindings(serving: $0).kind },
      check("clock", "clock") { _ in ClockFindings.now },
    ]
  }
}

extension ServingSubject {
  /// The TCP ports it would listen at.
  var ports: [Int] {
    (redirects + api).compactMap { place in
      if case .internet(_, let port) = place, port != 0 { return port }
      return nil
    }
  }
}

enum OpenFiles {
  /// A limit that many a distribution gives sessions, and that a public service outgrows.
  static let few = 1024

  static func finding(
    needs: (needed: Int, connections: Int), limit: Int = Machine.openFileLimit
  ) -> Finding {
    // Of the shell that the line is typed into, and so of the server that it starts.
    let remedy = Remedy("sudo prlimit --pid $$ --nofile=65536:65536", needsRoot: true)
    if limit < needs.needed {
      return Finding(
        .failed, "\(limit); \(needs.needed) are needed to start", expected: "65536",
        remedy: remedy)
    }
    let observed = "\(limit), room for \(needs.connections) connections"
    if needs.connections < few {
      return Finding(.warning, observed, expected: "65536 (systemd: LimitNOFILE=)", remedy: remedy)
    }
    return Finding(.ok, observed)
  }
}

enum ClockFindings {
  /// 2025-01-01T00:00:00Z: before there was anything of this.
  private static let earliestSeconds: UInt64 = 1_735_689_600

  static var now: Finding {
    finding(
      wallSeconds: Clock.wallNanoseconds / 1_000_000_000, synchronisation: Clock.synchronisation)
  }

  static func finding(
    wallSeconds: UInt64, synchronisation: (isKept: Bool, errorMicroseconds: Int64)?
  ) -> Finding {
    let remedy = Remedy(
      Remedy.canAskSystemd
        ? "sudo timedatectl set-ntp true" : "sudo apt-get install -y chrony && sudo chronyd",
      needsRoot: true)
    if wallSeconds < earliestSeconds {
      return Finding(
        .failed, "the clock is \(wallSeconds) s after 1970, before Lynx was made",
        expected: "the time of day", remedy: remedy)
    }
    guard let synchronisation else {
      return Finding(.notApplicable, "the kernel does not tell whether the clock is kept")
    }
    guard synchronisation.isKept else {
      return Finding(
        .warning, "nothing keeps it synchronised, as far as the kernel knows",
        expected: "a time service (systemd-timesyncd, chrony), if the host has none of its own",
        remedy: remedy)
    }
    let milliseconds = Double(synchronisation.errorMicroseconds) / 1000
    return Finding(.ok, "synchronised, wrong by \(milliseconds.rounded(.up)) ms at most")
  }
}
