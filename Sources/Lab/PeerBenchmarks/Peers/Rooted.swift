import Profiles
import Terminal

/// How many stacks reach the root of their thread: the outermost user frame is where the kernel
/// or the C library starts processes and threads.
struct Rooted {
  /// All samples.
  var samples = 0
  /// Those of them with at least one user frame.
  var userStacks = 0
  var rooted = 0

  var percent: Double { userStacks == 0 ? .nan : 100 * Double(rooted) / Double(userStacks) }

  private static let entryNames: Set<String> = [
    "_start", "clone", "__clone", "clone3", "__clone3", "start_thread", "thread_start",
  ]

  /// Counts one stack; `outermost` is its last user frame, nil if it has none.
  mutating func count(outermost: String?, _ count: Int = 1) {
    samples += count
    guard let outermost else { return }
    userStacks += count
    if Self.entryNames.contains(outermost) { rooted += count }
  }

  static func += (left: inout Rooted, right: Rooted) {
    left.samples += right.samples
    left.userStacks += right.userStacks
    left.rooted += right.rooted
  }
}

extension Rooted {
  /// Counted from Lynx's artifact.
  init(artifact path: String) throws(CommandError) {
    let profile = try readArtifact(path)
    for sample in profile.samples {
      let outermost = sample.locations.last.map { profile.locations[$0] }
      let isKernel = outermost?.mapping.map { profile.mappings[$0].isKernel } ?? false
      let function = outermost?.lines.last.map { profile.functions[$0.function] }
      let name = function.map { $0.systemName.isEmpty ? $0.name : $0.systemName }
      count(
        outermost: outermost == nil || isKernel ? nil : name ?? "[unknown]",
        Int(sample.values[0]))
    }
  }

  /// Counted from folded stacks, which do not tell the kernel's frames apart: a stack without a
  /// user frame counts as one that is not rooted.
  init(folded path: String) throws(CommandError) {
    for line in try InputFile.read(path).split(separator: UInt8(ascii: "\n")) {
      guard let blank = line.lastIndex(of: UInt8(ascii: " ")),
        let number = Int(String(decoding: line[(blank + 1)...], as: UTF8.self))
      else { throw CommandError(.data, "\(quoted(path)) has a line without a count") }
      let first = line[..<blank].prefix { $0 != UInt8(ascii: ";") }
      count(outermost: String(decoding: first, as: UTF8.self), number)
    }
  }
}
