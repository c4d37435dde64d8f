extension CompletionScript {
  static func mendedForBash(_ script: String) -> String {
    var script = script
    // The trap would outlive the function, and with the next file that is sourced put options back
    // that were set since.
    script = script.replacing(
      #"trap "${state//$'\n'/;}" RETURN"#, with: #"trap "trap - RETURN;${state//$'\n'/;}" RETURN"#)
    // What is no file is to get no slash because a directory has the same name.
    script = script.replacing(
      "complete -o filenames -F _lynx lynx", with: bashEnding)
    script = script.replacing(
      "__lynx_add_completions() {\n",
      with:
        "__lynx_add_completions() {\n    [[ \"${1}\" = -W || \"${cur}\" = -* ]] || compopt -o filenames 2>/dev/null\n"
    )
    // A program that is not there is no news while somebody types.
    script = script.replacing(
      #""${COMP_WORDS[0]}" "${@}" "${words[@]}""#,
      with: #""${COMP_WORDS[0]}" "${@}" "${words[@]}" 2>/dev/null"#)
    return script
  }

  private static var bashEnding: String {
    #"""
    # From what was typed to what _lynx reads: the name of a link (lynx-profile) is a command, the value of
    # --option=value a word of its own, which bash takes apart into three.
    _lynx_typed() {
        local -r name="${1##*/}"
        local -a words=("${COMP_WORDS[0]}")
        local -i index
        local word
        [[ "${name}" = lynx-* ]] && words+=("${name#lynx-}")
        for ((index = 1; index <= COMP_CWORD; index++)); do
            word="${COMP_WORDS[index]}"
            if [[ "${word}" = -- && "${words[1]}" = profile ]] && ((index < COMP_CWORD)); then
                _lynx_profiled "$((index + 1))" "${2}"
                return
            elif [[ "${word}" = '=' && "${words[-1]}" = --* ]]; then
                ((index < COMP_CWORD)) && continue
                word=''
            elif ((index == COMP_CWORD)); then
                word="${2}"
            fi
            # Its value may be left out.
            [[ "${word}" = -* && "${words[-1]}" = --json ]] && unset 'words[-1]'
            words+=("${word}")
        done
        if [[ "${words[1]}" = help ]] && ((${#words[@]} == 3)); then
            COMPREPLY=($(compgen -W '\#(commands)' -- "${2}"))
            return
        fi
        local -a COMP_WORDS=("${words[@]}")
        local -i COMP_CWORD="$((${#words[@]} - 1))"
        local COMP_LINE="${words[*]}"
        local -i COMP_POINT="${#COMP_LINE}"
        _lynx "${1}" "${words[-1]}" "${words[-2]}"
    }

    # The command behind lynx profile --, which begins with word number ${1}, by its own completion where
    # bash-completion is there to find it.
    _lynx_profiled() {
        if declare -F _command_offset >/dev/null; then
            _command_offset "${1}"
        elif ((COMP_CWORD == ${1})); then
            COMPREPLY=($(compgen -c -- "${2}"))
        else
            __lynx_add_files "${2}"
        fi
    }

    __lynx_add_files() {
        local -r cur="${1}"
        __lynx_add_completions -f
    }

    complete -F _lynx_typed lynx \#(links)
    """#
  }
}
