import Profiles
import TestSupport

extension Profile {
  /// Any valid profile: odd names, unused things, locations without lines, repeated locations.
  static func random(_ generator: inout SeededGenerator) -> Profile {
    let types = [
      ValueType(type: "samples", unit: "count"), ValueType(type: "cpu", unit: "nanoseconds"),
      ValueType(type: "off_cpu", unit: "nanoseconds"),
    ].prefix(Int.random(in: 1...3, using: &generator))
    var profile = Profile(
      sampleTypes: Array(types), defaultSampleType: Int.random(in: types.indices, using: &generator)
    )
    profile.mappings = generator.list(0...4) { .random(&$1) }
    profile.functions = generator.list(0...20) { index, generator in
      Function(
        name: generator.name() + "\(index)", systemName: generator.name(),
        fileName: generator.name(), startLine: generator.number())
    }
    let mappings = profile.mappings.indices
    let functions = profile.functions.indices
    profile.locations = generator.list(0...30) { _, generator in
      Location(
        mapping: mappings.randomElement(using: &generator), address: generator.next(),
        lines: functions.isEmpty
          ? []
          : generator.list(0...3) { _, generator in
            Line(
              function: functions.randomElement(using: &generator) ?? 0, line: generator.number())
          })
    }
    let locations = profile.locations.indices
    profile.samples = generator.list(0...40) { _, generator in
      Sample(
        locations: generator.list(0...12) { locations.randomElement(using: &$1) }.compactMap(
          \.self),
        values: types.map { _ in generator.number() },
        labels: generator.list(0...2) { .random(&$1) })
    }
    profile.comments = generator.list(0...3) { $1.name() }
    profile.startNanoseconds = generator.number()
    profile.durationNanoseconds = generator.number()
    profile.period = generator.number()
    if Bool.random(using: &generator) {
      profile.periodType = ValueType(type: generator.name(), unit: generator.name())
    }
    return profile
  }

  /// A profile as a profiler makes it: each location has lines, values are small and positive.
  static func realistic(_ generator: inout SeededGenerator) -> Profile {
    let functionCount = Int.random(in: 1...15, using: &generator)
    let locationCount = Int.random(in: 1...30, using: &generator)
    return Profile(
      sampleTypes: [
        ValueType(type: "samples", unit: "count"), ValueType(type: "cpu", unit: "nanoseconds"),
      ],
      defaultSampleType: 1,
      samples: generator.list(1...40) { _, generator in
        let count = Int64.random(in: 0...1000, using: &generator)
        return Sample(
          locations: generator.list(1...12) {
            Int.random(in: 0..<locationCount, using: &$1)
          },
          values: [count, count &* 10_101_010])
      },
      locations: (0..<locationCount).map { index in
        Location(
          mapping: 0, address: 0x40_0000 + UInt64(index) * 16,
          lines: generator.list(1...3) {
            Line(function: Int.random(in: 0..<functionCount, using: &$1), line: 7)
          })
      },
      functions: (0..<functionCount).map { Function(name: "step.\($0 / 2)(of: Int)") },
      mappings: [
        Mapping(
          start: 0x40_0000, limit: 0x50_0000, fileName: "/usr/bin/example", buildID: "c0ffee",
          hasFunctions: true, hasInlineFrames: true)
      ])
  }
}

extension Profile.Mapping {
  fileprivate static func random(_ generator: inout SeededGenerator) -> Profile.Mapping {
    Profile.Mapping(
      start: generator.next(), limit: generator.next(), fileOffset: generator.next(),
      fileName: generator.name(), buildID: generator.name(),
      hasFunctions: .random(using: &generator),
      hasFileNames: .random(using: &generator), hasLineNumbers: .random(using: &generator),
      hasInlineFrames: .random(using: &generator))
  }
}

extension Profile.Label {
  fileprivate static func random(_ generator: inout SeededGenerator) -> Profile.Label {
    let value: Value =
      Bool.random(using: &generator)
      ? .text(generator.name()) : .number(generator.number(), unit: generator.name())
    return Profile.Label(key: generator.name(), value: value)
  }
}

extension SeededGenerator {
  mutating func list<T>(
    _ counts: ClosedRange<Int>, _ make: (Int, inout SeededGenerator) -> T
  ) -> [T] {
    let count = Int.random(in: counts, using: &self)
    var items: [T] = []
    for index in 0..<count { items.append(make(index, &self)) }
    return items
  }

  /// Text that makes trouble, or none.
  mutating func name() -> String {
    let parts = [
      "", "main", "a b", ";", "\n", "<T>", "é", "e\u{301}", "🚀", "\"&", " 12", "_[k]", "\u{0}",
      "/usr/lib/libc.so.6", "[vdso]", "operator()", "\t",
    ]
    return (0..<Int.random(in: 0...3, using: &self))
      .map { _ in parts.randomElement(using: &self) ?? "" }.joined()
  }

  /// Mostly small, sometimes as far out as there is.
  mutating func number() -> Int64 {
    switch Int.random(in: 0...9, using: &self) {
    case 0: .max
    case 1: .min
    case 2: Int64(bitPattern: next())
    default: Int64.random(in: 0...100, using: &self)
    }
  }

  /// A few bytes changed, added or taken away.
  mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...5, using: &self) {
      let position = Int.random(in: 0...bytes.count, using: &self)
      switch Int.random(in: 0...3, using: &self) {
      case 0: bytes.insert(UInt8.random(in: 0...255, using: &self), at: position)
      case 1 where position < bytes.count: bytes.remove(at: position)
      case 2 where position < bytes.count:
        bytes[position] = UInt8.random(in: 0...255, using: &self)
      case _ where position < bytes.count:
        bytes[position] ^= 1 << UInt8.random(in: 0...7, using: &self)
      default: bytes.append(UInt8.random(in: 0...255, using: &self))
      }
    }
    return bytes
  }
}
