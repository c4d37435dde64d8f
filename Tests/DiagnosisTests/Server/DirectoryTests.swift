import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import Diagnosis

@Suite("Directories are tried by writing to them")
struct DirectoryTests {
  @Test("an ordinary directory has no gap, and nothing is left in it")
  func ordinary() throws {
    let shop = try Workshop()
    let checks = serverChecks(try serving(in: shop.path))
    expect(try finding("server.writable", of: checks), .ok, "can be written to", "can be made")
    expect(try finding("server.space", of: checks), .ok)
    #expect(try FileManager.default.contentsOfDirectory(atPath: shop.path).isEmpty)
  }

  @Test("one that is not there is made by the line that is given")
  func missing() throws {
    let shop = try Workshop()
    let place = shop / "data of links"
    let checks = serverChecks(try serving(in: place))
    let found = try finding("server.writable", of: checks)
    expect(found, .failed, "No such file")
    #expect(found.remedy?.isOwn == true && found.remedy?.needsRoot == false)
    try run(found.remedy)
    expect(try finding("server.writable", of: checks), .ok)
  }

  @Test("one that is not there is made by root for the user, where the user may not make it")
  func missingElsewhere() throws {
    let shop = try Workshop()
    try shop.run("mkdir shut && chmod 555 shut && chmod 755 .")
    let checks = serverChecks(try serving(in: shop / "shut/of nobody/data"))
    let found = try asOrdinaryUser { try finding("server.writable", of: checks) }
    expect(found, .failed, "No such file")
    #expect(found.remedy?.isOwn == false && found.remedy?.needsRoot == true)
    guard geteuid() == 0 else { return }
    try run(found.remedy)
    expect(try finding("server.writable", of: checks), .ok)
  }

  @Test("one that the user could not reach, or that a file is in the way of, is to be elsewhere")
  func unreachable() throws {
    let shop = try Workshop()
    try shop.run("mkdir -m 000 shut && touch file && chmod 755 .")
    let shut = try asOrdinaryUser { Remedy.makeDirectory(shop / "shut/new") }
    #expect(!shut.isOwn && !shut.needsRoot && shut.line.hasPrefix("lynx serve "), "\(shut)")
    let blocked = Remedy.makeDirectory(shop / "file/in/it")
    #expect(!blocked.isOwn && !blocked.needsRoot && blocked.line.hasPrefix("\(shop / "file") is a"))
  }

  @Test("one whose name begins with a dash is no option")
  func dashed() throws {
    let remedy = Remedy.makeDirectory("-of links")
    #expect(remedy.line.hasPrefix("mkdir -p './-of links'") || remedy.needsRoot, "\(remedy)")
  }

  @Test("one without permission is opened by the line that is given")
  func permission() throws {
    let shop = try Workshop()
    try shop.run("mkdir shut && chmod 500 shut && chmod 755 .")
    let checks = serverChecks(try serving(in: shop / "shut"))
    try asOrdinaryUser {
      let found = try finding("server.writable", of: checks)
      expect(found, .failed, "Permission denied")
      // The process is root's all the same, and the directory too.
      #expect(found.remedy == Remedy("chmod u+rwx \(shop / "shut")", isOwn: true))
    }
    if geteuid() == 0 { expect(try finding("server.writable", of: checks), .ok) }
  }

  @Test("a file system that is full has neither room nor a place for a file")
  func full() throws {
    guard SmallDisk.isPermitted else {
      let text = "a full disk was looked at"
      return try SmallDisk.runInOwnNamespace("DirectoryTests/full", printing: text)
    }
    let disk = try SmallDisk(bytes: 64 << 20, ballastBytes: 52 << 20)
    print("a full disk was looked at")
    let checks = serverChecks(try serving(in: disk.path))
    expect(try finding("server.space", of: checks), .failed, "room for")
    // A file system in memory.
    expect(try finding("server.file_system", of: checks), .warning, "in memory")
    try disk.makeRoom()
    expect(try finding("server.space", of: checks), .warning, "room for")
  }

  @Test("a file system that is mounted read-only")
  func readOnly() throws {
    guard SmallDisk.isPermitted else {
      let text = "a read-only disk was looked at"
      return try SmallDisk.runInOwnNamespace("DirectoryTests/readOnly", printing: text)
    }
    let disk = try SmallDisk(bytes: 4 << 20, ballastBytes: 1)
    print("a read-only disk was looked at")
    let checks = serverChecks(try serving(in: disk.path))
    expect(try finding("server.writable", of: checks), .ok)
    _ = try Tool.run("/usr/bin/mount", ["-o", "remount,ro", disk.path])
    #expect(try FileSystem(of: disk.path).isReadOnly)
    let found = try finding("server.writable", of: checks)
    expect(found, .failed, "Read-only")
    #expect(found.remedy?.needsRoot == true)
    try run(found.remedy)
    expect(try finding("server.writable", of: checks), .ok)
  }

  @Test("room and kind are those that stat names", arguments: ["/", "/tmp", "/dev/shm", "/proc"])
  func verdict(path: String) throws {
    let system = try FileSystem(of: path)
    let text = try Workshop().run("stat -f -c '%T %S %b %c %d' '\(path)'")
    let words = text.split { $0 == " " || $0 == "\n" }.map(String.init)
    try #require(words.count == 5)
    #expect(system.totalBytes == (UInt64(words[1]) ?? 0) * (UInt64(words[2]) ?? 0))
    #expect(system.totalFiles == UInt64(words[3]))
    #expect((system.kind == .memory) == (words[0] == "tmpfs" || words[0] == "ramfs"))
    #expect((system.kind == .fuse) == (words[0] == "fuseblk" || words[0] == "fuse"))
  }

  @Test("the numbers of file systems are those of linux/magic.h")
  func magic() throws {
    let shop = try Workshop()
    let names: [(String, FileSystem.Kind)] = [
      ("NFS_SUPER_MAGIC", .network("NFS")), ("SMB_SUPER_MAGIC", .network("SMB")),
      ("CIFS_SUPER_MAGIC", .network("CIFS")), ("SMB2_SUPER_MAGIC", .network("SMB2")),
      ("V9FS_MAGIC", .network("9P")), ("CEPH_SUPER_MAGIC", .network("Ceph")),
      ("AFS_SUPER_MAGIC", .network("AFS")), ("AFS_FS_MAGIC", .network("AFS")),
      ("NCP_SUPER_MAGIC", .network("NCP")), ("CODA_SUPER_MAGIC", .network("Coda")),
      ("OCFS2_SUPER_MAGIC", .network("OCFS2")), ("FUSE_SUPER_MAGIC", .fuse),
      ("TMPFS_MAGIC", .memory), ("RAMFS_MAGIC", .memory), ("EXT4_SUPER_MAGIC", .local),
      ("XFS_SUPER_MAGIC", .local), ("BTRFS_SUPER_MAGIC", .local), ("OVERLAYFS_SUPER_MAGIC", .local),
    ]
    let lines = names.map { "printf(\"%u\\n\", (unsigned)\($0.0));" }.joined(separator: "\n")
    let source = try shop.source(
      "magic.c", "#include <stdio.h>\n#include <linux/magic.h>\nint main(void) {\n\(lines)\n}\n")
    let numbers = try shop.run("gcc '\(source)' -o magic && ./magic").split(separator: "\n")
    try #require(numbers.count == names.count)
    for (number, name) in zip(numbers, names) {
      let magic = try #require(UInt64(number))
      #expect(FileSystem.kind(magic: magic) == name.1, "\(name.0)")
    }
    expect(DirectoryFindings.kind(.network("NFS"), "/srv", "the database"), .failed, "NFS")
    expect(DirectoryFindings.kind(.fuse, "/srv", "clicks"), .warning, "FUSE")
  }
}
