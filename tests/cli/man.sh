# Every command has a manual page that man and groff render without warnings, and that documents each option.
. "$(dirname "$0")/lib.sh"
run man --output pages
expect_code 0
expect_no_out
expect_no_err
commands=$("$ECE465" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]\+\) .*/\1/p')
[ "$(ls pages)" = "$(for page in ece465 $(printf 'ece465-%s\n' $commands); do echo "$page.1"; done | sort)" ] ||
  fail "pages: $(ls pages)"
run man
expect_same out pages/ece465.1
run man equalize
expect_same out pages/ece465-equalize.1
run man nothing
expect_code 2
expect_err 'unknown command nothing'
"$ECE465" --help | grep -qE '^  man ' && fail 'man is listed'

if command -v groff >/dev/null; then
  for page in pages/*; do
    groff -ww -z -man -Tutf8 "$page" 2>warnings || fail "$page: groff failed"
    [ ! -s warnings ] || fail "$page: $(cat warnings)"
  done
fi
command -v man >/dev/null || skip 'man is not installed'
export MANWIDTH=80 MANROFFOPT='' PAGER=cat
for command in $commands; do
  man --warnings -l "pages/ece465-$command.1" >text 2>warnings || skip 'man shows no pages here'
  [ ! -s warnings ] || fail "$command: $(cat warnings)"
  col -b <text >plain
  "$ECE465" "$command" --help | sed -n '/^Global options:/q;s/^ \{2,6\}\(-., \)\{0,1\}\(--[a-z][a-z-]*\).*/\2/p' >options
  while read -r option; do
    grep -q -- "^ .*$option" plain || fail "$command: no $option"
  done <options
done
