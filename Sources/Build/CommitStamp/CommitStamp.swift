import Foundation
import PackagePlugin

/// Writes the commit of the working tree into the build: `lynx --version` names it. (A manifest's own
/// view of git is cached, and names yesterday's commit.)
@main
struct CommitStamp: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) -> [Command] {
    let output = context.pluginWorkDirectoryURL.appending(path: "Generated")
    // Written only when it changed, so that nothing is compiled in vain.
    let script = """
      cd "$1" || exit 1
      commit=$(git rev-parse HEAD 2>/dev/null) || commit=unknown
      if [ "$commit" != unknown ] && [ -n "$(git status --porcelain 2>/dev/null)" ]; then
        commit=$commit-modified
      fi
      text="let builtCommit = \\"$commit\\""
      if [ "$(cat "$2/Commit.swift" 2>/dev/null)" != "$text" ]; then
        mkdir -p "$2" && printf '%s\\n' "$text" >"$2/Commit.swift"
      fi
      """
    let root = context.package.directoryURL
    return [
      .buildCommand(
        displayName: "Naming the commit", executable: URL(filePath: "/bin/sh"),
        arguments: ["-c", script, "sh", root.path(), output.path()],
        inputFiles: Self.whatChanges(below: root),
        outputFiles: [output.appending(path: "Commit.swift")])
    ]
  }

  /// Files of which one is written whenever the commit is another, or the tree is modified. (What runs
  /// before each build without being asked for inputs is left out when the plan of the build is known.)
  private static func whatChanges(below root: URL) -> [URL] {
    let files = FileManager.default
    var inputs = ["HEAD", "index", "logs/HEAD"].map { root.appending(path: ".git/" + $0) }
    inputs.append(root.appending(path: "Package.swift"))
    let sources = files.enumerator(
      at: root.appending(path: "Sources"), includingPropertiesForKeys: [.isRegularFileKey])
    for case let source as URL in sources ?? .init() {
      inputs.append(source)
    }
    return inputs.filter {
      var isDirectory: ObjCBool = false
      return files.fileExists(atPath: $0.path(), isDirectory: &isDirectory)
        && !isDirectory.boolValue
    }
  }
}
