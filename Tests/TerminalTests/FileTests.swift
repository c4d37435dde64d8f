import Glibc
import Terminal
import Testing

@Suite("Files that are read and written")
final class FileTests {
  private let directory: String

  init() throws {
    var template = Array("/tmp/lynx-terminal-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in names { unlink("\(directory)/\(name)") }
    rmdir("\(directory)/sub")
    rmdir(directory)
  }

  private var names: [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  @Test("what is written is read")
  func roundTrip() throws {
    let path = "\(directory)/out"
    for bytes in [[], Array("first".utf8), [UInt8](repeating: 7, count: 1_000_000)] {
      try OutputFile.write(bytes, to: path)
      #expect(try InputFile.read(path) == bytes)
      #expect(names == ["out"])
    }
  }

  @Test("a new file has the mode the umask leaves, a replaced one keeps its own")
  func modes() throws {
    let path = "\(directory)/out"
    let mask = umask(0)
    umask(mask)
    try OutputFile.write([1], to: path)
    #expect(mode(path) == 0o666 & ~mask)
    chmod(path, 0o600)
    try OutputFile.write([2], to: path)
    #expect(mode(path) == 0o600)
    #expect(names == ["out"])
  }

  @Test("links are followed, also to files that are not there yet")
  func links() throws {
    let link = "\(directory)/link"
    symlink("target", link)
    for byte: UInt8 in 1...2 {
      try OutputFile.write([byte], to: link)
      #expect(try InputFile.read("\(directory)/target") == [byte])
    }
    #expect(names == ["link", "target"])
    #expect(mode(link) == 0o777)
  }

  @Test("a link in a circle is refused")
  func circle() {
    symlink("circle", "\(directory)/circle")
    let error = #expect(throws: CommandError.self) {
      try OutputFile.write([1], to: "\(directory)/circle")
    }
    #expect(error?.code == .cantCreate)
  }

  @Test("devices are written to directly")
  func devices() throws {
    try OutputFile.write([1, 2, 3], to: "/dev/null")
    try OutputFile.probe("/dev/null")
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    let error = #expect(throws: CommandError.self) { try OutputFile.write([1], to: "/dev/full") }
    #expect(error?.code == .cantCreate)
    #expect(error?.message.contains("'/dev/full'") == true)
    #expect(error?.message.contains("no space") == true)
  }

  @Test("an open descriptor is written to, not what it was opened from")
  func descriptors() throws {
    let path = "\(directory)/appended"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    defer { close(descriptor) }
    try OutputFile.write([1], to: "/dev/fd/\(descriptor)")
    try OutputFile.write([2], to: "/proc/self/fd/\(descriptor)")
    #expect(try InputFile.read(path) == [1, 2])
  }

  @Test("a reader that goes away is no error, and no signal")
  func closedPipe() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    try OutputFile.write([UInt8](repeating: 0, count: 1 << 20), to: "/dev/fd/\(ends[1])")
  }

  @Test("what cannot be written is refused early, with the path and the reason")
  func unwritable() throws {
    let file = "\(directory)/file"
    try OutputFile.write([1], to: file)
    mkdir("\(directory)/sub", 0o777)
    let cases = [
      ("\(directory)/none/out", "no directory '\(directory)/none'"),
      (directory, "is a directory"), ("\(directory)/sub", "is a directory"),
      ("\(file)/out", "not a directory"), ("\(directory)/new/", "no directory"),
      ("", "empty"), ("\(directory)/\(String(repeating: "x", count: 256))", "too long"),
      ("/dev/fd/987", "not open"),
    ]
    for (path, reason) in cases {
      for isProbe in [true, false] {
        let error = #expect(throws: CommandError.self, "\(path)") {
          try isProbe ? OutputFile.probe(path) : OutputFile.write([1], to: path)
        }
        #expect(error?.code == .cantCreate)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
      }
    }
    #expect(names == ["file", "sub"])
  }

  @Test("probing leaves everything as it is")
  func probing() throws {
    try OutputFile.probe("\(directory)/out")
    #expect(names == [])
    try OutputFile.write([1], to: "\(directory)/out")
    try OutputFile.probe("\(directory)/out")
    #expect(try InputFile.read("\(directory)/out") == [1])
    try OutputFile.probe("-")
  }

  @Test("inputs that cannot be read are refused with the path and the reason")
  func unreadable() throws {
    let path = "\(directory)/large"
    try OutputFile.write([UInt8](repeating: 0, count: 1000), to: path)
    let cases: [(String, Int, ExitCode, String)] = [
      ("\(directory)/none", 10, .noInput, "no file"), (directory, 10, .noInput, "is a directory"),
      ("\(path)/in", 10, .noInput, "not a directory"), (path, 999, .data, "more than 999 bytes"),
      ("", 10, .noInput, "no file"), ("/dev/zero", 4096, .data, "more than 4.0 KiB"),
    ]
    for (path, limit, code, reason) in cases {
      let error = #expect(throws: CommandError.self) { try InputFile.read(path, limit: limit) }
      #expect(error?.code == code)
      #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
    #expect(try InputFile.read(path, limit: 1000).count == 1000)
  }
}
