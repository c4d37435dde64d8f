extension CompletionScript {
  static func mendedForZsh(_ script: String) -> String {
    var script = script
    script = script.replacing("#compdef lynx\n", with: "#compdef lynx \(links)\n")
    script = script.replacing("compdef _lynx lynx\n", with: "compdef _lynx lynx \(links)\n")
    script = script.replacing("\n_lynx() {\n", with: "\n_lynx() {\n\(zshBeginning)\n")
    script = script.replacing(
      #"$("${command_name}" "${@}" "${command_line[@]}")"#,
      with: #"$("${command_name}" "${@}" "${command_line[@]}" 2>/dev/null)"#)
    for option in withOptionalValue {
      // One colon more: the value may be left out.
      script = replacing("]:", with: "]::", in: script, where: "'--\(option)[")
    }
    return withJoinedValues(script)
  }

  /// With values that may be joined to an option's name, as in `--freq=99` and `-F99`: `_arguments` is told by
  /// `=` and `+`.
  private static func withJoinedValues(_ script: String) -> String {
    script.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      // A description with something behind it: an option with a value.
      guard line.firstMatch(of: /^ +'.*[^\\]\]:/) != nil else { return String(line) }
      return String(line).replacing(/^( +'\*?--[a-z-]+)\[/) { "\($0.1)=[" }
        .replacing(/\{(-[A-Za-z]),(--[a-z-]+)\}'\[/) { "{\($0.1)+,\($0.2)=}'[" }
    }.joined(separator: "\n")
  }

  private static var zshBeginning: String {
    #"""
        # The name of a link (lynx-profile) is a command.
        if [[ "${words[1]:t}" = lynx-* ]]; then
            words=("${words[1]}" "${${words[1]:t}#lynx-}" "${(@)words[2,-1]}")
            (( CURRENT++ ))
        fi
        # The command behind lynx profile -- completes itself.
        local -i terminator="${words[(i)--]}"
        if [[ "${words[2]}" = profile ]] && (( terminator < CURRENT )); then
            words=("${(@)words[terminator + 1,-1]}")
            (( CURRENT -= terminator ))
            _normal
            return
        fi
        if [[ "${words[2]}" = help ]] && (( CURRENT == 3 )); then
            compadd \#(commands)
            return
        fi

    """#
  }
}
