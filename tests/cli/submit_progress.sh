# On a terminal a bar shows the current activity, and disappears at the end.
. "$(dirname "$0")/lib.sh"
start_fake_master --polls 9
small a.png
on_a_terminal "'$ECE465' submit a.png --url $url"
[ $code = 0 ] || fail "exit code $code"
grep -q 'a.png  map [0-9]*%' screen || fail 'no phase'
grep -qF "$(printf '\r\033[K')" screen || fail 'the progress line remains'
