# zsh complete.zsh DIRECTORY LINE...: what an interactive zsh that finds completions in DIRECTORY offers at
# the end of each line: "LINE => OFFER OFFER ...".
zmodload zsh/zpty || exit 2
directory=$1; shift
work=$(mktemp -d) || exit 2
trap 'rm -rf $work' EXIT

cat >$work/.zshrc <<END
PS1=
fpath=(${(q)directory} \$fpath)
autoload -Uz compinit && compinit -u -d $work/dump
zstyle ':completion:*' completer _complete
zstyle ':completion:*' menu no
unsetopt bang_hist list_beep
LISTMAX=10000
# Tells each match before it adds it.
compadd() {
  if [[ " \$* " = *' -'[OAD]' '* ]]; then builtin compadd "\$@"; return; fi
  local -a matches
  builtin compadd -O matches "\$@"
  print -rl -- \$matches >>$work/offers
  builtin compadd "\$@"
}
offered() { zle complete-word; zle kill-buffer; print >$work/done }
zle -N offered
bindkey '^G' offered
print >$work/done
END

wait_for_done() {
  local -i turns=0
  until [[ -e $work/done ]]; do
    (( turns++ < 1200 )) || { print -u2 "zsh did not answer in a minute"; exit 2 }
    # Its terminal must not fill.
    zpty -rt shell ignored 2>/dev/null
    sleep 0.05
  done
  rm -f $work/done
}

zpty -b shell "ZDOTDIR=$work TERM=dumb zsh -i"
wait_for_done
for line in "$@"; do
  : >$work/offers
  zpty -w -n shell "$line"$'\a'
  wait_for_done
  print -r -- "$line => ${(j: :)${(f)"$(<$work/offers)"}}"
done
zpty -d shell
