import Foundation
import PackagePlugin

/// Writes the commit of the working tree into the build, each time it builds: `lynx --version`
/// names it. (A manifest's own view of git is cached, and names yesterday's commit.)
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
    return [
      .prebuildCommand(
        displayName: "Naming the commit", executable: URL(filePath: "/bin/sh"),
        arguments: ["-c", script, "sh", context.package.directoryURL.path(), output.path()],
        outputFilesDirectory: output)
    ]
  }
}
