#!/bin/bash

__lynx_cursor_index_in_current_word() {
    local remaining="${COMP_LINE}"

    local word
    for word in "${COMP_WORDS[@]::COMP_CWORD}"; do
        remaining="${remaining##*([[:space:]])"${word}"*([[:space:]])}"
    done

    local -ir index="$((COMP_POINT - ${#COMP_LINE} + ${#remaining}))"
    if [[ "${index}" -le 0 ]]; then
        printf 0
    else
        printf %s "${index}"
    fi
}

# positional arguments:
#
# - 1: the current (sub)command's count of positional arguments
#
# required variables:
#
# - repeating_flags: the repeating flags that the current (sub)command can accept
# - non_repeating_flags: the non-repeating flags that the current (sub)command can accept
# - repeating_options: the repeating options that the current (sub)command can accept
# - non_repeating_options: the non-repeating options that the current (sub)command can accept
# - positional_number: value ignored
# - unparsed_words: unparsed words from the current command line
#
# modified variables:
#
# - non_repeating_flags: remove flags for this (sub)command that are already on the command line
# - non_repeating_options: remove options for this (sub)command that are already on the command line
# - positional_number: set to the current positional number
# - unparsed_words: remove all flags, options, and option values for this (sub)command
__lynx_offer_flags_options() {
    local -ir positional_count="${1}"
    positional_number=0

    local was_flag_option_terminator_seen=false
    local is_parsing_option_value=false

    local -ar unparsed_word_indices=("${!unparsed_words[@]}")
    local -i word_index
    for word_index in "${unparsed_word_indices[@]}"; do
        if "${is_parsing_option_value}"; then
            # This word is an option value:
            # Reset marker for next word iff not currently the last word
            [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]] && is_parsing_option_value=false
            unset "unparsed_words[${word_index}]"
            # Do not process this word as a flag or an option
            continue
        fi

        local word="${unparsed_words["${word_index}"]}"
        if ! "${was_flag_option_terminator_seen}"; then
            case "${word}" in
            --)
                unset "unparsed_words[${word_index}]"
                # by itself -- is a flag/option terminator, but if it is the last word, it is the start of a completion
                if [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]]; then
                    was_flag_option_terminator_seen=true
                fi
                continue
                ;;
            -*)
                # ${word} is a flag or an option
                # If ${word} is an option, mark that the next word to be parsed is an option value
                local option
                for option in "${repeating_options[@]}" "${non_repeating_options[@]}"; do
                    [[ "${word}" = "${option}" ]] && is_parsing_option_value=true && break
                done

                # Remove ${word} from ${non_repeating_flags} or ${non_repeating_options} so it isn't offered again
                local not_found=true
                local -i index
                for index in "${!non_repeating_flags[@]}"; do
                    if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                        unset "non_repeating_flags[${index}]"
                        non_repeating_flags=("${non_repeating_flags[@]}")
                        not_found=false
                        break
                    fi
                done
                if "${not_found}"; then
                    for index in "${!non_repeating_flags[@]}"; do
                        if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                            unset "non_repeating_flags[${index}]"
                            non_repeating_flags=("${non_repeating_flags[@]}")
                            break
                        fi
                    done
                fi
                unset "unparsed_words[${word_index}]"
                continue
                ;;
            esac
        fi

        # ${word} is neither a flag, nor an option, nor an option value
        if [[ "${positional_number}" -lt "${positional_count}" || "${positional_count}" -lt 0 ]]; then
            # ${word} is a positional
            ((positional_number++))
            unset "unparsed_words[${word_index}]"
        else
            if [[ -z "${word}" ]]; then
                # Could be completing a flag, option, or subcommand
                positional_number=-1
            else
                # ${word} is a subcommand or invalid, so stop processing this (sub)command
                positional_number=-2
            fi
            break
        fi
    done

    unparsed_words=("${unparsed_words[@]}")

    if\
        ! "${was_flag_option_terminator_seen}"\
        && ! "${is_parsing_option_value}"\
        && [[ ("${cur}" = -* && "${positional_number}" -ge 0) || "${positional_number}" -eq -1 ]]
    then
        COMPREPLY+=($(compgen -W "${repeating_flags[*]} ${non_repeating_flags[*]} ${repeating_options[*]} ${non_repeating_options[*]}" -- "${cur}"))
    fi
}

__lynx_add_completions() {
    [[ "${1}" = -W || "${cur}" = -* ]] || compopt -o filenames 2>/dev/null
    local completion
    while IFS='' read -r completion; do
        COMPREPLY+=("${completion}")
    done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
}

__lynx_custom_complete() {
    if [[ -n "${cur}" || -z ${COMP_WORDS[${COMP_CWORD}]} || "${COMP_LINE:${COMP_POINT}:1}" != ' ' ]]; then
        local -ar words=("${COMP_WORDS[@]}")
    else
        local -ar words=("${COMP_WORDS[@]::${COMP_CWORD}}" '' "${COMP_WORDS[@]:${COMP_CWORD}}")
    fi

    "${COMP_WORDS[0]}" "${@}" "${words[@]}" 2>/dev/null
}

_lynx() {
    local state
    state="$(shopt -p;shopt -po)"
    trap "trap - RETURN;${state//$'\n'/;}" RETURN
    shopt -s extglob
    set +o history +o posix

    local -xr SAP_SHELL=bash
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(IFS='.';printf %s "${BASH_VERSINFO[*]}")"
    local -r SAP_SHELL_VERSION

    local -r cur="${2}"
    local -r prev="${3}"

    local -i positional_number
    local -a unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")

    local -a repeating_flags=()
    local -a non_repeating_flags=(--version -h --help)
    local -a repeating_options=()
    local -a non_repeating_options=()
    __lynx_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    serve|bench|profile|render|migrate|doctor|help)
        # Offer subcommand argument completions
        "_lynx_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'serve bench profile render migrate doctor help' -- "${cur}"))
        ;;
    esac
}

_lynx_serve() {
    repeating_flags=()
    non_repeating_flags=(--allow-open-api --no-allow-open-api --forward-query --no-forward-query --timing-headers --no-timing-headers --take-over --no-announce -q --quiet -v --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--database-url --redirect-host --redirect-port --unix-socket --api-host --api-port --auth --threads --redirect-status --redirect-max-age --redirect-base-url --cache-max-entries --journal-dir --click-flush-interval --database-connections --short-code-max-length --config --color)
    __lynx_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--database-url')
        return
        ;;
    '--redirect-host')
        return
        ;;
    '--redirect-port')
        return
        ;;
    '--unix-socket')
        __lynx_add_completions -f
        return
        ;;
    '--api-host')
        return
        ;;
    '--api-port')
        return
        ;;
    '--auth')
        __lynx_add_completions -W 'none'$'\n''api-key'
        return
        ;;
    '--threads')
        return
        ;;
    '--redirect-status')
        __lynx_add_completions -W '301'$'\n''302'$'\n''303'$'\n''307'$'\n''308'
        return
        ;;
    '--redirect-max-age')
        return
        ;;
    '--redirect-base-url')
        return
        ;;
    '--cache-max-entries')
        return
        ;;
    '--journal-dir')
        __lynx_add_completions -d
        return
        ;;
    '--click-flush-interval')
        return
        ;;
    '--database-connections')
        return
        ;;
    '--short-code-max-length')
        return
        ;;
    '--config')
        __lynx_add_completions -f
        return
        ;;
    '--color')
        __lynx_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_lynx_bench() {
    repeating_flags=()
    non_repeating_flags=(--no-keep-alive --insecure --spawn --latency -q --quiet -v --verbose --version -h --help)
    repeating_options=(-H --header -p --pid --threshold)
    non_repeating_options=(-t --threads -c --connections -d --duration -n -R --rate --warmup --timeout --pipeline --unix-socket --cacert -m --method --body --requests --expect --scenario --database-url --redirect-url --runs --against --save --compare --profile -F --freq --json --color)
    __lynx_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '-t'|'--threads')
        return
        ;;
    '-c'|'--connections')
        return
        ;;
    '-d'|'--duration')
        return
        ;;
    '-n')
        return
        ;;
    '-R'|'--rate')
        return
        ;;
    '--warmup')
        return
        ;;
    '--timeout')
        return
        ;;
    '--pipeline')
        return
        ;;
    '--unix-socket')
        __lynx_add_completions -f
        return
        ;;
    '--cacert')
        __lynx_add_completions -o plusdirs -fX '!*.@(pem|crt|cer)'
        return
        ;;
    '-m'|'--method')
        __lynx_add_completions -W 'GET'$'\n''HEAD'$'\n''POST'$'\n''PUT'$'\n''PATCH'$'\n''DELETE'$'\n''OPTIONS'
        return
        ;;
    '-H'|'--header')
        return
        ;;
    '--body')
        return
        ;;
    '--requests')
        __lynx_add_completions -f
        return
        ;;
    '--expect')
        return
        ;;
    '--scenario')
        __lynx_add_completions -W "$(__lynx_custom_complete ---completion bench -- --scenario "${COMP_CWORD}" "$(__lynx_cursor_index_in_current_word)")"
        return
        ;;
    '--database-url')
        return
        ;;
    '--redirect-url')
        return
        ;;
    '-p'|'--pid')
        __lynx_add_completions -W "$(__lynx_custom_complete ---completion bench -- --pid "${COMP_CWORD}" "$(__lynx_cursor_index_in_current_word)")"
        return
        ;;
    '--runs')
        return
        ;;
    '--against')
        return
        ;;
    '--save')
        __lynx_add_completions -o plusdirs -fX '!*.@(json.gz)'
        return
        ;;
    '--compare')
        __lynx_add_completions -o plusdirs -fX '!*.@(json.gz)'
        return
        ;;
    '--threshold')
        return
        ;;
    '--profile')
        __lynx_add_completions -o plusdirs -fX '!*.@(svg|folded|txt|pb.gz)'
        return
        ;;
    '-F'|'--freq')
        return
        ;;
    '--json')
        __lynx_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--color')
        __lynx_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_lynx_profile() {
    repeating_flags=()
    non_repeating_flags=(--no-inline --no-demangle --no-artifact --inverted --reverse -q --quiet -v --verbose --version -h --help)
    repeating_options=(-p --pid --tid -o --output)
    non_repeating_options=(--scenario --database-url -F --freq -d --duration --delay --kernel --call-graph --stack-size --artifact --history --json --title --subtitle --width --min-width --palette --search --color)
    __lynx_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-p'|'--pid')
        __lynx_add_completions -W "$(__lynx_custom_complete ---completion profile -- --pid "${COMP_CWORD}" "$(__lynx_cursor_index_in_current_word)")"
        return
        ;;
    '--tid')
        return
        ;;
    '--scenario')
        __lynx_add_completions -W "$(__lynx_custom_complete ---completion profile -- --scenario "${COMP_CWORD}" "$(__lynx_cursor_index_in_current_word)")"
        return
        ;;
    '--database-url')
        return
        ;;
    '-F'|'--freq')
        return
        ;;
    '-d'|'--duration')
        return
        ;;
    '--delay')
        return
        ;;
    '--kernel')
        __lynx_add_completions -W 'auto'$'\n''yes'$'\n''no'
        return
        ;;
    '--call-graph')
        __lynx_add_completions -W 'auto'$'\n''dwarf'$'\n''fp'
        return
        ;;
    '--stack-size')
        return
        ;;
    '-o'|'--output')
        __lynx_add_completions -o plusdirs -fX '!*.@(svg|folded|txt|pb.gz)'
        return
        ;;
    '--artifact')
        __lynx_add_completions -o plusdirs -fX '!*.@(pb.gz)'
        return
        ;;
    '--history')
        __lynx_add_completions -d
        return
        ;;
    '--json')
        __lynx_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--title')
        return
        ;;
    '--subtitle')
        return
        ;;
    '--width')
        return
        ;;
    '--min-width')
        return
        ;;
    '--palette')
        __lynx_add_completions -W 'language'$'\n''hot'$'\n''mem'$'\n''io'$'\n''aqua'$'\n''blue'$'\n''green'$'\n''red'$'\n''orange'$'\n''purple'$'\n''yellow'$'\n''gray'
        return
        ;;
    '--search')
        return
        ;;
    '--color')
        __lynx_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_lynx_render() {
    repeating_flags=()
    non_repeating_flags=(--normalize --negate --inverted --reverse -q --quiet -v --verbose --version -h --help)
    repeating_options=(-o --output)
    non_repeating_options=(--format --top --json --diff --title --subtitle --width --min-width --palette --search --color)
    __lynx_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-o'|'--output')
        __lynx_add_completions -o plusdirs -fX '!*.@(svg|folded|txt|pb.gz)'
        return
        ;;
    '--format')
        __lynx_add_completions -W 'svg'$'\n''folded'$'\n''txt'$'\n''pprof'
        return
        ;;
    '--top')
        return
        ;;
    '--json')
        __lynx_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--diff')
        __lynx_add_completions -o plusdirs -fX '!*.@(pb.gz|pb|pprof|prof|folded|collapsed|gz|txt)'
        return
        ;;
    '--title')
        return
        ;;
    '--subtitle')
        return
        ;;
    '--width')
        return
        ;;
    '--min-width')
        return
        ;;
    '--palette')
        __lynx_add_completions -W 'language'$'\n''hot'$'\n''mem'$'\n''io'$'\n''aqua'$'\n''blue'$'\n''green'$'\n''red'$'\n''orange'$'\n''purple'$'\n''yellow'$'\n''gray'
        return
        ;;
    '--search')
        return
        ;;
    '--color')
        __lynx_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __lynx_add_completions -o plusdirs -fX '!*.@(pb.gz|pb|pprof|prof|folded|collapsed|gz|txt)'
        return
        ;;
    esac
}

_lynx_migrate() {
    repeating_flags=()
    non_repeating_flags=(--dry-run --out-of-order --yes -q --quiet -v --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--database-url --dir --to --steps --lock-timeout --wait --json --color)
    __lynx_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--database-url')
        return
        ;;
    '--dir')
        __lynx_add_completions -d
        return
        ;;
    '--to')
        return
        ;;
    '--steps')
        return
        ;;
    '--lock-timeout')
        return
        ;;
    '--wait')
        return
        ;;
    '--json')
        __lynx_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--color')
        __lynx_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __lynx_add_completions -W "$(__lynx_custom_complete ---completion migrate -- positional@0 "${COMP_CWORD}" "$(__lynx_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_lynx_doctor() {
    repeating_flags=()
    non_repeating_flags=(--strict --fix --list -q --quiet -v --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--for -p --pid --binary --database-url --json --color)
    __lynx_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--for')
        __lynx_add_completions -W 'profile'$'\n''serve'$'\n''bench'$'\n''database'$'\n''all'
        return
        ;;
    '-p'|'--pid')
        __lynx_add_completions -W "$(__lynx_custom_complete ---completion doctor -- --pid "${COMP_CWORD}" "$(__lynx_cursor_index_in_current_word)")"
        return
        ;;
    '--binary')
        __lynx_add_completions -f
        return
        ;;
    '--database-url')
        return
        ;;
    '--json')
        __lynx_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--color')
        __lynx_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_lynx_help() {
    repeating_flags=()
    non_repeating_flags=(--version)
    repeating_options=()
    non_repeating_options=()
    __lynx_offer_flags_options -1
}

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
        COMPREPLY=($(compgen -W 'serve bench profile render migrate doctor' -- "${2}"))
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

complete -F _lynx_typed lynx lynx-serve lynx-bench lynx-profile lynx-render lynx-migrate lynx-doctor
