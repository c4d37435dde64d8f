import Profiles
import TestSupport

/// A stack by the names of its functions, the root first, and what was seen of it.
struct NamedStack {
  var names: [String]
  var value: Int64
}

/// A profile of `samples/count` alone in which every function has a location of its own.
func profile(_ stacks: [NamedStack], mapping: Profile.Mapping? = nil) -> Profile {
  var profile = Profile(sampleTypes: [.init(type: "samples", unit: "count")])
  if let mapping { profile.mappings = [mapping] }
  // By bytes: to a String two spellings of é are one.
  var known: [[UInt8]: Int] = [:]
  for stack in stacks {
    let locations = stack.names.map { name in
      if let index = known[Array(name.utf8)] { return index }
      let index = profile.locations.count
      known[Array(name.utf8)] = index
      profile.functions.append(.init(name: name))
      profile.locations.append(
        .init(
          mapping: mapping == nil ? nil : 0, address: UInt64(index),
          lines: [.init(function: index)]))
      return index
    }
    profile.samples.append(.init(locations: locations.reversed(), values: [stack.value]))
  }
  return profile
}

/// Random stacks over few names, so that they share beginnings, recur and end anywhere.
func randomStacks(_ generator: inout SeededGenerator) -> [NamedStack] {
  let names = ["a", "b", "c", "main", "é", "e\u{301}", "<&>", ""].prefix(
    Int.random(in: 1...8, using: &generator))
  return (0..<Int.random(in: 0...60, using: &generator)).map { _ in
    NamedStack(
      names: (0..<Int.random(in: 0...7, using: &generator)).map { _ in
        names.randomElement(using: &generator) ?? "a"
      },
      value: Int64.random(in: -3...40, using: &generator))
  }
}

/// What the profile of a busy server looks like: four languages, the kernel, inlined calls.
func serverProfile(stacks: Int, seed: UInt64 = 7) -> Profile {
  var generator = SeededGenerator(seed: seed)
  var profile = Profile(
    sampleTypes: [
      .init(type: "samples", unit: "count"), .init(type: "cpu", unit: "nanoseconds"),
    ],
    defaultSampleType: 1)
  profile.mappings = [
    .init(start: 0x1000, limit: 0x90_0000, fileOffset: 0, fileName: "/usr/local/bin/server"),
    .init(start: 0x7000_0000, limit: 0x7010_0000, fileOffset: 0x2000, fileName: "/lib/libc.so.6"),
    .init(start: .max - 0xffff, limit: .max, fileOffset: 0, fileName: "[kernel.kallsyms]"),
  ]
  let pools: [(names: [String], symbol: String, mapping: Int, file: String)] = [
    (
      [
        "ChannelPipeline.fireChannelRead(_:)", "HTTPDecoder.decodeNext(context:)",
        "Router.route(_:)", "EventLoop.run()", "ByteBuffer.readSlice(length:)",
        "Dictionary.subscript.getter", "closure #1 in Server.start()", "swift_retain",
      ], "$s6Server", 0, "/src/Sources/Server/Channel.swift"
    ),
    (
      [
        "absl::StatusOr<Row>::value()", "std::vector<Cell>::reserve(unsigned long)",
        "Table::scan(Cursor&, Filter const&)", "Storage::Page::decode(Span<char const>)",
      ], "_ZN7Storage", 0, "/src/storage/table.cc"
    ),
    (
      [
        "tokio::runtime::task::poll", "<Vec<T> as Extend>::extend", "serde_json::de::parse_value",
        "core::iter::Iterator::next",
      ], "_RNvCs", 0, "/src/codec/src/lib.rs"
    ),
    (["memcpy", "malloc", "inflate_fast", "pthread_mutex_lock"], "", 1, ""),
    (
      ["entry_SYSCALL_64", "do_syscall_64", "tcp_sendmsg", "ip_output", "copy_user_generic"], "",
      2, ""
    ),
  ]
  for index in 0..<300 {
    let pool = pools[min(index / 66, 4)]
    let base = pool.names[index % pool.names.count]
    let number = index / pool.names.count
    profile.functions.append(
      .init(
        name: index % 66 < pool.names.count || number == 0 ? base : "\(base) \(number)",
        systemName: pool.symbol.isEmpty ? base : "\(pool.symbol)\(index)",
        fileName: pool.file, startLine: Int64(index)))
    var lines = [Profile.Line(function: index, line: Int64(index + 3))]
    if index > 0, index % 5 == 0, index < 260 { lines.append(.init(function: index - 1)) }
    profile.locations.append(.init(mapping: pool.mapping, address: UInt64(index), lines: lines))
  }
  profile.locations.append(.init(mapping: 1, address: 0x7000_1234, lines: []))
  let calls = (0..<300).map { index in
    (0..<4).map { _ in
      min(299, max(0, index + Int.random(in: -12...28, using: &generator)))
    }
  }
  for _ in 0..<stacks {
    var path = [0]
    let depth = Int.random(in: 8...40, using: &generator)
    while path.count < depth, let last = path.last {
      // The first call is the likeliest, so that some ways are hot.
      let roll = Int.random(in: 0..<20, using: &generator)
      path.append(calls[last][roll < 13 ? 0 : roll < 17 ? 1 : roll < 19 ? 2 : 3])
    }
    if Bool.random(using: &generator) { path.append(300) }
    let count = Int64.random(in: 1...6, using: &generator)
    profile.samples.append(
      .init(locations: path.reversed(), values: [count, count * 10_101_010]))
  }
  return profile
}
