import Profiles
import TestSupport
import Testing

@Suite("Two profiles are set against each other in samples")
struct ProfileComparisonTests {
  private func folded(_ text: String) throws -> CountedProfile {
    try CountedProfile(FoldedFormat.decode(Array(text.utf8)))
  }

  private func compare(
    _ new: CountedProfile, _ base: CountedProfile, normalized: Bool = true
  ) throws -> ProfileComparison {
    try ProfileComparison(new: new, base: base, isNormalized: normalized)
  }

  /// Profiles as a profiler makes them, with samples.
  private func generated(_ generator: inout SeededGenerator) -> CountedProfile {
    while true {
      if let profile = try? CountedProfile(.realistic(&generator)) { return profile }
    }
  }

  @Test("The numbers of each function are those of each profile alone")
  func numbers() throws {
    for seed in UInt64(1)...100 {
      var generator = SeededGenerator(seed: seed)
      let (new, base) = (generated(&generator), generated(&generator))
      let comparison = try compare(new, base, normalized: seed % 2 == 0)
      let rows = try FunctionChanges(comparison).rows
      for (profile, own, total) in [
        (new.profile, \FunctionChanges.Row.itself.new, \FunctionChanges.Row.total.new),
        (base.profile, \.itself.base, \.total.base),
      ] {
        let alone = try TopFunctions(profile: profile, sampleType: 0).rows
        let found = rows.filter { $0[keyPath: own] > 0 || $0[keyPath: total] > 0 }.map {
          TopFunctions.Row(
            name: $0.name, selfValue: $0[keyPath: own], totalValue: $0[keyPath: total])
        }
        #expect(Set(found) == Set(alone), "seed \(seed)")
      }
      #expect(rows.reduce(0) { $0 + $1.itself.new } == comparison.newTotal, "seed \(seed)")
      #expect(rows.reduce(0) { $0 + $1.itself.base } == comparison.baseTotal, "seed \(seed)")
      let sizes = rows.map { abs($0.itself.percent) }
      #expect(sizes == sizes.sorted(by: >), "seed \(seed)")
    }
  }

  @Test("A profile does not differ from itself", arguments: [false, true])
  func itself(normalized: Bool) throws {
    for seed in UInt64(1)...50 {
      var generator = SeededGenerator(seed: seed)
      let profile = generated(&generator)
      let comparison = try compare(profile, profile, normalized: normalized)
      #expect(comparison.scale == 1 && comparison.notes.isEmpty)
      for row in try FunctionChanges(comparison).rows {
        for change in [row.itself, row.total] {
          #expect(change.percent == 0 && change.pValue == 1 && !change.isBeyondNoise)
        }
      }
    }
  }

  @Test("The other way round everything is the other way round", arguments: [false, true])
  func turned(normalized: Bool) throws {
    for seed in UInt64(1)...50 {
      var generator = SeededGenerator(seed: seed)
      let (first, second) = (generated(&generator), generated(&generator))
      let there = try compare(first, second, normalized: normalized)
      let back = try compare(second, first, normalized: normalized)
      var rows: [String: FunctionChanges.Row] = [:]
      for row in try FunctionChanges(back).rows { rows[row.name] = row }
      for row in try FunctionChanges(there).rows {
        let other = try #require(rows[row.name])
        for (change, turned) in [(row.itself, other.itself), (row.total, other.total)] {
          #expect(change.new == turned.base && change.base == turned.new)
          #expect(change.isBeyondNoise == turned.isBeyondNoise, "seed \(seed)")
          #expect(abs(change.pValue - turned.pValue) < 1e-9)
          #expect((change.percent > 0) == (turned.percent < 0) || abs(change.percent) < 1e-9)
        }
      }
    }
  }

  @Test("A function is the same wherever its module lies")
  func moved() throws {
    var profile = try FoldedFormat.decode(Array("main;work 50\nmain;idle 50\n".utf8))
    profile.mappings = [.init(start: 0x1000, limit: 0x2000, fileName: "/old/program")]
    for index in profile.locations.indices {
      profile.locations[index].mapping = 0
      profile.locations[index].address = 0x1000 + UInt64(index)
    }
    var other = profile
    other.mappings[0].fileName = "/new/program"
    for index in other.locations.indices { other.locations[index].address += 0x500 }
    let comparison = try compare(CountedProfile(other), CountedProfile(profile))
    let rows = try FunctionChanges(comparison).rows
    #expect(rows.map(\.name) == ["idle", "main", "work"])
    #expect(rows.allSatisfy { $0.total.new == $0.total.base })
  }

  @Test("Samples are counted whatever they are weighed with")
  func counts() throws {
    var profile = Profile(
      sampleTypes: [
        .init(type: "samples", unit: "count"), .init(type: "cpu", unit: "nanoseconds"),
      ],
      defaultSampleType: 1, samples: [.init(locations: [], values: [3, 30_000])])
    #expect(try SampleCounts(profile).counts == [3])
    #expect(try SampleCounts(profile).quantity == "cpu")
    profile.sampleTypes.removeFirst()
    profile.defaultSampleType = 0
    profile.samples[0].values = [30_049]
    #expect(throws: ProfileFormatError.self) { try SampleCounts(profile) }
    profile.periodType = profile.sampleTypes[0]
    profile.period = 100
    #expect(try SampleCounts(profile).counts == [300])

    let weights = try folded("a 10101010\nb 30303030\nc 20202020\n").counts
    #expect(weights.counts == [1, 3, 2])
    #expect(weights.assumption?.contains("10101010") == true)
    #expect(try folded("a 2000\nb 4001\nc 8000\n").counts.counts == [2000, 4001, 8000])
    #expect(try folded("a 70\nb 20\n").counts.assumption == nil)
  }

  @Test("What cannot be compared is refused, and what is converted is said")
  func refusals() throws {
    func profile(_ type: String, period: Int64, _ count: Int64) throws -> CountedProfile {
      try CountedProfile(
        Profile(
          sampleTypes: [
            .init(type: "samples", unit: "count"), .init(type: type, unit: "nanoseconds"),
          ],
          defaultSampleType: 1, samples: [.init(locations: [], values: [count, count * period])],
          periodType: .init(type: type, unit: "nanoseconds"), period: period))
    }
    let cpu = try profile("cpu", period: 1_000_000, 1000)
    #expect(throws: ProfileFormatError.self) {
      try compare(cpu, profile("off_cpu", period: 1_000_000, 1000))
    }
    for empty in ["a 0\n", "a -3\nb 9\n"] {
      #expect(throws: ProfileFormatError.self) { try folded(empty) }
    }
    #expect(try compare(cpu, folded("a 1000\n"), normalized: false).notes.isEmpty)
    let slow = try compare(cpu, profile("cpu", period: 10_000_000, 100), normalized: false)
    #expect(slow.scale == 10)
    #expect(slow.notes.count == 1 && slow.notes[0].contains("different rates"))
    #expect(slow.changePercent(new: 100, base: 10) == 0)
    let longer = try compare(cpu, profile("cpu", period: 1_000_000, 5000), normalized: false)
    #expect(longer.notes.count == 1 && longer.notes[0].contains("--normalize"))
    #expect(try compare(cpu, profile("cpu", period: 1_000_000, 5000)).notes.isEmpty)
  }
}
