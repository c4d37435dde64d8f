extension CompletionScript {
  static func mendedForFish(_ script: String) -> String {
    var script = script
    for option in withOptionalValue {
      script = script.replacing("'\(option)='", with: "'\(option)=?'")
      // -r: the next word is the value.
      script = replacing(" -rfa ", with: " -fa ", in: script, where: " -l '\(option)' ")
    }
    // fish 3 has the cursor's place where a person types, and an error elsewhere.
    script = script.replacing(
      "(__lynx_tokens -tC)", with: "(string length -- \"$(commandline -ct)\")")
    return script + "\n\n" + fishEnding
  }

  private static var fishEnding: String {
    #"""
    complete -c lynx -n '__fish_seen_subcommand_from help' -fa '\#(commands)'

    # The command behind lynx profile -- completes itself.
    function __lynx_profiled
        set -l tokens (__lynx_tokens -pc)
        set -l terminator (contains -i -- -- $tokens)
        complete -C (string join -- ' ' $tokens[(math $terminator + 1)..] (commandline -ct))
    end
    complete -c lynx -n '__fish_seen_subcommand_from profile; and contains -- -- (__lynx_tokens -pc)' -fa '(__lynx_profiled)'

    # Links named after commands.
    for name in \#(commands)
        complete -c lynx-$name -w "lynx $name"
    end
    """#
  }
}
