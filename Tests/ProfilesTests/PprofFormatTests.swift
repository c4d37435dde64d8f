import Bytes
import Profiles
import TestSupport
import Testing

@Suite("pprof keeps a profile as it is")
struct PprofRoundTripTests {
  @Test func whatIsWrittenIsReadBack() throws {
    var generator = SeededGenerator.forTest()
    for _ in 0..<300 {
      let profile = Profile.random(&generator)
      let artifact = try PprofFormat.encode(profile)
      #expect(try PprofFormat.decode(artifact) == profile)
      #expect(try PprofFormat.decode(PprofFormat.encodeUncompressed(profile)) == profile)
      #expect(try PprofFormat.encode(profile) == artifact)
      let read = try ProfileReader.decode(artifact)
      #expect(read.format == .pprof)
      #expect(read.profile == profile)
    }
  }

  @Test func anInvalidProfileIsNotWritten() throws {
    let type = Profile.ValueType(type: "samples", unit: "count")
    let valid = Profile(
      sampleTypes: [type], samples: [.init(locations: [0], values: [1])],
      locations: [.init(mapping: 0, address: 1, lines: [.init(function: 0)])],
      functions: [.init(name: "f")], mappings: [.init(fileName: "m")])
    try valid.validate()
    let breaks: [(inout Profile) -> Void] = [
      { $0.sampleTypes = [] }, { $0.defaultSampleType = 1 }, { $0.defaultSampleType = -1 },
      { $0.samples[0].values = [] }, { $0.samples[0].locations = [1] },
      { $0.samples[0].locations = [-1] }, { $0.mappings = [] }, { $0.functions = [] },
      { $0.locations[0].mapping = .max }, { $0.locations[0].lines[0].function = .min },
    ]
    for damage in breaks {
      var profile = valid
      damage(&profile)
      #expect(throws: ProfileFormatError.self) { try profile.validate() }
      #expect(throws: ProfileFormatError.self) { try PprofFormat.encode(profile) }
      #expect(throws: ProfileFormatError.self) { try FoldedFormat.encode(profile) }
      #expect(throws: ProfileFormatError.self) { try TopFunctions(profile: profile) }
      for sample in profile.samples {
        for frame in profile.frames(of: sample) { _ = profile.name(of: frame) }
      }
    }
  }
}

/// Messages written by hand (protobuf's wire format), as other producers may write them.
@Suite("pprof's rules are checked on reading")
struct PprofRulesTests {
  private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(bytes.count)] + bytes
  }

  /// Strings: 1 samples, 2 count, 3 a name that is no UTF-8.
  private func profile(
    types: [UInt8] = [8, 1, 16, 2], locations: [[UInt8]] = [], _ more: [UInt8]...
  ) -> [UInt8] {
    field(1, types) + locations.flatMap { field(4, $0) } + more.flatMap(\.self) + field(6, [])
      + field(6, Array("samples".utf8)) + field(6, Array("count".utf8)) + field(6, [0x66, 0xff])
  }

  private func message(_ bytes: [UInt8]) -> String? {
    #expect(throws: ProfileFormatError.self) { try PprofFormat.decode(bytes) }?.message
  }

  @Test func idsMayBeAnything() throws {
    let huge: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]
    let bytes = profile(
      locations: [[8, 90, 34, 2, 8, 77], [8] + huge],
      field(5, [8, 77, 16, 3]), field(2, field(1, huge + [90]) + [16, 5]))
    let profile = try PprofFormat.decode(bytes)
    #expect(profile.functions.map(\.name) == ["f\u{fffd}"])
    #expect(profile.samples == [.init(locations: [1, 0], values: [5])])
    #expect(profile.locations[1].lines.isEmpty)
    #expect(profile.defaultSampleType == 0)
  }

  @Test func whatIsWrongIsSaid() {
    #expect(
      message(profile(field(2, [8, 99, 16, 1])))
        == "sample 0 refers to location 99, which is not in the profile")
    #expect(
      message(profile(field(2, [16, 1, 16, 2])))
        == "sample 0 has 2 values, but there are 1 sample types")
    #expect(
      message(profile(locations: [[8, 1, 16, 4]]))
        == "location 1 refers to mapping 4, which is not in the profile")
    #expect(
      message(profile(locations: [[8, 1, 34, 2, 8, 6]]))
        == "location 1 refers to function 6, which is not in the profile")
    #expect(
      message(profile(locations: [[8, 1], [8, 1]])) == "there are several locations with id 1")
    #expect(message(profile(locations: [[24, 1]])) == "location number 0 has the reserved id 0")
    #expect(
      message(profile(types: [8, 50]))
        == "sample type 0 refers to text 50, which is not in the profile")
    let minusOne: [UInt8] = [8] + [UInt8](repeating: 0xff, count: 9) + [1]
    #expect(
      message(profile(types: minusOne))
        == "sample type 0 refers to text -1, which is not in the profile")
    #expect(message(field(1, [8, 1])) == "not a pprof profile: it has no string table")
    #expect(message([]) == "the profile is empty")
    #expect(
      message(field(6, Array("x".utf8)))
        == "not a pprof profile: its string table does not begin with \"\"")
    #expect(message(field(6, [])) == "the profile does not say what its samples count")
    #expect(message([10, 100])?.contains("goes on past the end") == true)
  }
}

@Suite("Damaged artifacts are errors or valid profiles, never traps")
struct PprofDamageTests {
  @Test func everyTruncation() throws {
    var generator = SeededGenerator.forTest()
    let profile = Profile.random(&generator)
    let artifact = try PprofFormat.encode(profile)
    for length in artifact.indices {
      #expect(throws: ProfileFormatError.self) {
        try PprofFormat.decode(Array(artifact.prefix(length)))
      }
    }
    let raw = try PprofFormat.encodeUncompressed(profile)
    for length in raw.indices { try survive(Array(raw.prefix(length))) }
  }

  @Test func randomDamage() throws {
    var generator = SeededGenerator.forTest()
    for _ in 0..<60 {
      let profile = Profile.random(&generator)
      let artifact = try PprofFormat.encode(profile)
      let raw = try PprofFormat.encodeUncompressed(profile)
      for _ in 0..<100 {
        try survive(generator.damaged(raw))
        try survive(generator.damaged(artifact))
      }
    }
  }

  private func survive(_ bytes: [UInt8]) throws {
    do {
      let profile = try ProfileReader.decode(bytes).profile
      try useAll(of: profile)
    } catch is ProfileFormatError {}
    do {
      try useAll(of: try PprofFormat.decode(bytes))
    } catch is ProfileFormatError {}
  }
}

/// Whatever a reader lets through must serve every writer.
func useAll(of profile: Profile) throws {
  do { try profile.validate() } catch {
    Issue.record("a reader made an invalid profile: \(error)")
  }
  _ = try TopFunctions(profile: profile)
  _ = try PprofFormat.encodeUncompressed(profile)
  // Sums out of reach are an error here.
  _ = try? FoldedFormat.encode(profile, annotated: true)
}
