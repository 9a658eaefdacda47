# Progress is shown only on a terminal, for work that takes a while, and disappears at the end.
. "$(dirname "$0")/lib.sh"
mkdir in
"$MAKE_IMAGE" in/0.png --size 600x400 --color rgb
# As many copies as this build processes in about a second.
run equalize in -o results --threads 1 --json
copies=$(python3 -c 'import json; print(int(1 / json.load(open("out"))["seconds"]) + 3)')
for ((i = 1; i < copies; i++)); do ln in/0.png in/$i.png; done
again="'$ECE465' equalize in -o results --threads 1 --force"
on_a_terminal "$again"
[ $code = 0 ] || fail "exit code $code"
grep -q "/$copies files" screen || fail 'no progress'
grep -q 'ETA' screen || fail 'no ETA'
grep -qF "$(printf '\r\033[K')" screen || fail 'the progress line remains'
# Not in a file, not on a dumb terminal, and not with --quiet.
run equalize in -o results --force
expect_no_err
on_a_terminal "TERM=dumb $again"
grep -q 'ETA' screen && fail 'progress on a dumb terminal'
on_a_terminal "$again --quiet"
grep -q 'ETA' screen && fail 'progress though quiet'
[ $code = 0 ] || fail "exit code $code"
