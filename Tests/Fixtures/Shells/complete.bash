# bash complete.bash LINE...: what bash offers at the end of each line, with what is loaded already: a line
# for each, "LINE => OFFER OFFER ...", and [files] behind it if the offers are taken for files.
#
# Readline calls a completion function with the words of COMP_WORDBREAKS; this does the same.
compopt() { [[ $* = *filenames* ]] && files=' [files]'; return 0; }

for line in "$@"; do
  words=()
  rest=$line
  while [[ $rest =~ ^\ *([^\ =:]+|[=:]+)(.*)$ ]]; do
    words+=("${BASH_REMATCH[1]}")
    rest=${BASH_REMATCH[2]}
  done
  [[ $line = *\  ]] && words+=('')
  current=${words[-1]}
  [[ $current = [=:]* ]] && current=''
  COMP_WORDS=("${words[@]}") COMP_CWORD=$((${#words[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line} COMP_TYPE=9 COMP_KEY=9
  COMPREPLY=() files=''
  command=${words[0]}
  specification=$(complete -p "${command##*/}" 2>/dev/null)
  function=$([[ $specification =~ -F\ ([^ ]+) ]] && echo "${BASH_REMATCH[1]}")
  if [[ -z $function ]]; then
    # What bash-completion loads when it is asked for the first time.
    _completion_loader "$command" 2>/dev/null
    specification=$(complete -p "${command##*/}" 2>/dev/null)
    function=$([[ $specification =~ -F\ ([^ ]+) ]] && echo "${BASH_REMATCH[1]}")
  fi
  [[ $specification = *'-o filenames'* ]] && files=' [files]'
  "$function" "$command" "$current" "${words[-2]}"
  echo "$line => ${COMPREPLY[*]}$files"
done
