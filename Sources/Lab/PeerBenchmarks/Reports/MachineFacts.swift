import LinuxSystem
import Terminal

/// Where the figures come from.
struct MachineFacts {
  private let facts: [(name: String, value: String)]

  init(_ bench: Bench) {
    var facts = [
      ("cpu", Self.processor), ("cores", "\(Machine.onlineCPUs.count)"),
      ("memory", Self.memory), ("kernel", Machine.kernelRelease),
      ("load before", readText("/proc/loadavg") ?? "unknown"),
      ("lynx", bench.firstLine([bench.lynxPath, "--version"])),
    ]
    for tool in Tool.all {
      guard tool.path != nil else {
        facts.append((tool.name, "missing (\(tool.remedy))"))
        continue
      }
      facts.append((tool.name, bench.firstLine([tool.name] + tool.versionArguments)))
    }
    facts.append(
      (
        "method",
        "median of the runs, ratios pair by pair, A B B A; "
          + "intervals: binomial, of order statistics"
      ))
    self.facts = facts
  }

  var text: String { facts.map { "\($0.name): \(printable($0.value))\n" }.joined() }

  var json: JSONValue { .object(facts.map { .init($0.name, .string($0.value)) }) }

  private static var processor: String { field("model name", of: "/proc/cpuinfo") }
  private static var memory: String { field("MemTotal", of: "/proc/meminfo") }

  /// The value behind `name` and a colon in a file of such lines.
  private static func field(_ name: String, of path: String) -> String {
    for line in (readText(path) ?? "").split(separator: "\n") where line.hasPrefix(name) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return "unknown"
  }
}
