# The completion script works in bash.
. "$(dirname "$0")/lib.sh"
run completion bash
expect_code 0
# complete_line WORD...: what bash would offer for the last word.
cat >try.sh <<'B'
source ./out
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
$(complete -p ece465 | sed 's/.*-F \([^ ]*\).*/\1/') 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
B
offers() { # EXPECTED WORD...
  local got
  got=$(bash --norc try.sh "${@:2}" | sort | tr '\n' ' ')
  [ "$got" = "$1 " ] || fail "for '${*:2}': $got, not $1"
}
touch 'photo one.jpg' photo2.jpg
offers 'equalize' ece465 eq
commands=$("$ECE465" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]\+\) .*/\1/p' | sort | tr '\n' ' ')
[[ $commands == *equalize*worker* ]] || fail "--help lists: $commands"
offers "${commands% }" ece465 ''
offers '--memory' ece465 equalize a.png --mem
offers '--channels' ece465 histogram --ch
offers 'each gray luma' ece465 equalize --channels ''
offers 'gray' ece465 equalize --channels = g
offers 'always' ece465 --color al
offers 'bash fish zsh' ece465 completion ''
offers 'photo one.jpg photo2.jpg' ece465 equalize pho
offers 'photo2.jpg' ece465 equalize -o photo2
offers '' ece465 equalize --threads ''
offers '--config' ece465 --conf
