import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import Diagnosis

@Suite("The kernel's settings are read, and set right by the line that is given")
struct KernelSettingTests {
  /// A copy of /proc with settings of its own.
  private struct Kernel {
    let shop: Workshop
    var files: SystemFiles { SystemFiles(root: shop.path) }

    init() throws { shop = try Workshop() }

    func set(_ name: String, _ value: String) throws {
      let path = "proc/sys/net/" + name
      try shop.run("mkdir -p '\(path.split(separator: "/").dropLast().joined(separator: "/"))'")
      _ = try shop.source(path, value + "\n")
    }

    /// As sysctl does what a remedy says.
    func apply(_ remedy: Remedy?) throws {
      let line = try #require(remedy?.line)
      let match = try #require(line.firstMatch(of: /^sysctl -w net\.([a-z0-9_.]+)=(.+)$/))
      #expect(remedy?.needsRoot == true)
      try set(
        String(match.1).replacing(".", with: "/"),
        match.2.trimmingCharacters(in: .init(charactersIn: "'")))
    }
  }

  @Test("the queue of connections that wait")
  func backlog() throws {
    let kernel = try Kernel()
    expect(NetworkFindings(files: kernel.files).backlog, .notApplicable)
    try kernel.set("core/somaxconn", "128")
    let found = NetworkFindings(files: kernel.files).backlog
    expect(found, .warning, "128")
    try kernel.apply(found.remedy)
    expect(NetworkFindings(files: kernel.files).backlog, .ok, "4096")
  }

  @Test("ports of outgoing connections: few, or a server's own among them")
  func ephemeral() throws {
    let kernel = try Kernel()
    func find(_ ports: [Int]) -> Finding {
      NetworkFindings(files: kernel.files).ephemeralPorts(serving: ports)
    }
    expect(find([3000]), .notApplicable)
    try kernel.set("ipv4/ip_local_port_range", "32768\t33999")
    let few = find([3000])
    expect(few, .warning, "1232 connections")
    try kernel.apply(few.remedy)
    expect(find([3000]), .ok, "28232")
    try kernel.set("ipv4/ip_local_reserved_ports", "33000-33002,40000")
    expect(find([33_001, 40_000]), .ok)
    let among = find([3000, 33_001, 40_001])
    expect(among, .warning, "port 40001")
    try kernel.apply(among.remedy)
    expect(find([3000, 33_001, 40_001]), .ok)
    #expect(
      kernel.files.text("/proc/sys/net/ipv4/ip_local_reserved_ports")?.hasPrefix(
        "33000-33002,40000,") == true)
  }

  @Test("connections in TIME_WAIT and those that the firewall follows")
  func connections() throws {
    let kernel = try Kernel()
    func find() -> Finding { NetworkFindings(files: kernel.files).connections }
    expect(find(), .notApplicable)
    try kernel.shop.run("mkdir -p proc/net")
    func waiting(_ count: Int) throws {
      _ = try kernel.shop.source(
        "proc/net/sockstat",
        "sockets: used 200\nTCP: inuse 5 orphan 0 tw \(count) alloc 7 mem 3\nUDP: inuse 2 mem 1\n")
    }
    try waiting(12)
    try kernel.set("ipv4/ip_local_port_range", "32768 60999")
    expect(find(), .ok, "12 in TIME_WAIT")
    try waiting(20_000)
    expect(find(), .warning, "20000")
    try waiting(12)
    try kernel.set("netfilter/nf_conntrack_max", "1000")
    try kernel.set("netfilter/nf_conntrack_count", "799")
    expect(find(), .ok)
    try kernel.set("netfilter/nf_conntrack_count", "800")
    let near = find()
    expect(near, .warning, "800 of 1000")
    try kernel.set("netfilter/nf_conntrack_count", "1000")
    expect(find(), .failed)
    try kernel.apply(near.remedy)
    expect(find(), .ok)
  }

  @Test("the limit of open files against what a service needs")
  func openFiles() throws {
    let needs = (needed: 60, connections: 64_000)
    expect(OpenFiles.finding(needs: needs, limit: 40), .failed, "60 are needed")
    expect(OpenFiles.finding(needs: (60, 700), limit: 1024), .warning, "700 connections")
    expect(OpenFiles.finding(needs: needs, limit: 65_536), .ok)
    // With a lowered limit, by the built executable: see the command's tests.
  }

  @Test("a clock that nobody keeps, and one of 1970")
  func clock() throws {
    let now = Clock.wallNanoseconds / 1_000_000_000
    expect(ClockFindings.finding(wallSeconds: 3600, synchronisation: (true, 5)), .failed, "3600 s")
    expect(ClockFindings.finding(wallSeconds: now, synchronisation: (false, 5)), .warning)
    expect(ClockFindings.finding(wallSeconds: now, synchronisation: (true, 2500)), .ok, "3")
    expect(ClockFindings.finding(wallSeconds: now, synchronisation: nil), .notApplicable)
  }

  @Test("without settings of a server there is nothing to look at")
  func nothing() {
    for check in ServerChecks.all(Subject()) { expect(check.probe(), .notApplicable) }
  }
}
