import Foundation
import Profiles
import TestSupport
import Testing

@Suite("Functions add up as go tool pprof has them")
struct TopFunctionsTests {
  @Test func recursionAndInliningCountOnce() throws {
    let profile = Profile(
      sampleTypes: [.init(type: "samples", unit: "count")],
      samples: [
        .init(locations: [0, 0, 1], values: [5]), .init(locations: [1], values: [2]),
        .init(locations: [], values: [1]),
      ],
      locations: [
        .init(mapping: nil, address: 0, lines: [.init(function: 0), .init(function: 1)]),
        .init(mapping: nil, address: 0, lines: [.init(function: 1)]),
      ],
      functions: [.init(name: "inner"), .init(name: "outer")])
    let top = try TopFunctions(profile: profile)
    #expect(
      top.rows == [
        .init(name: "inner", selfValue: 5, totalValue: 5),
        .init(name: "outer", selfValue: 2, totalValue: 7),
      ])
    #expect(top.total == 8)
  }

  @Test func sumsOutOfReachStayAtTheLimit() throws {
    let sample = Profile.Sample(locations: [0], values: [.max])
    let profile = Profile(
      sampleTypes: [.init(type: "samples", unit: "count")], samples: [sample, sample],
      locations: [.init(mapping: nil, address: 0, lines: [])])
    let top = try TopFunctions(profile: profile)
    #expect(top.rows == [.init(name: "[unknown]", selfValue: .max, totalValue: .max)])
    #expect(top.total == .max)
  }

  @Test func framesRunFromTheRootToTheLeaf() {
    let profile = Profile(
      sampleTypes: [.init(type: "samples", unit: "count")],
      samples: [.init(locations: [2, 1, 0], values: [1])],
      locations: [
        .init(mapping: nil, address: 0x10, lines: []),
        .init(mapping: nil, address: 0, lines: [.init(function: 0, line: 3), .init(function: 1)]),
        .init(mapping: 0, address: 0xffff_8001, lines: []),
      ],
      functions: [.init(name: "inlined"), .init(name: "outer")],
      mappings: [.init(start: 0xffff_8000, fileName: "[kernel.kallsyms]")])
    let frames = profile.frames(of: profile.samples[0])
    #expect(
      frames == [
        .init(function: nil, location: 0), .init(function: 1, location: 1),
        .init(function: 0, location: 1, line: 3, isInlined: true),
        .init(function: nil, location: 2),
      ])
    #expect(
      frames.map { profile.name(of: $0) }
        == ["[0x10]", "outer", "inlined", "[kernel.kallsyms+0x1]"])
  }

  @Test func modulesAreCalledByTheirFile() {
    for (file, module) in [
      "/usr/lib/libc.so.6": "libc.so.6", "/tmp/a b (deleted)": "a b", "[vdso]": "vdso", "": "",
      "plain": "plain", "/": "/",
    ] {
      #expect(Profile.Mapping(fileName: file).moduleName == module)
    }
  }

  @Test func theToolAgrees() throws {
    var generator = SeededGenerator.forTest()
    for _ in 0..<12 {
      let profile = Profile.realistic(&generator)
      let top = try TopFunctions(profile: profile, sampleType: 0)
      guard top.total > 0 else { continue }
      let theirs = try pprof(["-top", "-nodecount=100000", "-nodefraction=0"], profile)
        .split(separator: "\n").drop { !$0.contains("flat%") }.dropFirst()
        .map { line -> TopFunctions.Row in
          let fields = line.split(separator: " ", maxSplits: 5)
          try #require(fields.count == 6)
          let name = fields[5].replacing(" (inline)", with: "").replacing(
            " (partial-inline)", with: "")
          return .init(
            name: name.trimmingCharacters(in: .whitespaces),
            selfValue: try #require(Int64(fields[0])), totalValue: try #require(Int64(fields[3])))
        }
      #expect(Set(theirs) == Set(top.rows))
      #expect(theirs.map(\.selfValue) == top.rows.map(\.selfValue))
    }
  }

  @Test func theToolReadsWhatIsWritten() throws {
    var generator = SeededGenerator.forTest()
    let profile = Profile.realistic(&generator)
    let raw = try pprof(["-raw"], profile)
    #expect(raw.contains("samples/count cpu/nanoseconds[dflt]"))
    #expect(raw.contains("1: 0x400000/0x500000/0x0 /usr/bin/example c0ffee [FN][IN]"))
    for _ in 0..<5 { _ = try pprof(["-raw"], Profile.random(&generator)) }
  }

  /// What `go tool pprof` prints about the first sample type.
  private func pprof(_ arguments: [String], _ profile: Profile) throws -> String {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("lynx-\(UUID().uuidString).pb.gz")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(try PprofFormat.encode(profile)).write(to: file)
    let fixed = ["tool", "pprof", "-symbolize=none", "-sample_index=0"]
    let output = try Tool.run("/usr/bin/go", fixed + arguments + [file.path])
    return String(decoding: output, as: UTF8.self)
  }
}
