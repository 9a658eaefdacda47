# On a terminal there is a drawing, a progress line that disappears, color, and no binary data.
. "$(dirname "$0")/lib.sh"
small a.png
on_a_terminal "'$ECE465' histogram a.png"
[ $code = 0 ] || fail "exit code $code"
grep -q '█' screen || fail 'no drawing'
grep -qF "${escape}[" screen || fail 'no color'
on_a_terminal "NO_COLOR=1 '$ECE465' histogram a.png"
grep -qF "${escape}[" screen && fail 'color in spite of NO_COLOR'
on_a_terminal "TERM=dumb '$ECE465' histogram a.png"
grep -qF "${escape}[" screen && fail 'color on a dumb terminal'
on_a_terminal "'$ECE465' --color never histogram a.png"
grep -qF "${escape}[" screen && fail 'color in spite of --color never'
on_a_terminal "LC_ALL=C '$ECE465' --color never histogram a.png"
grep -q '█' screen && fail 'block characters in the C locale'
on_a_terminal "'$ECE465' equalize a.png -o -"
[ $code = 2 ] || fail "exit code $code"
grep -q 'will not write an image to the terminal' screen || fail 'no warning'
# On request, files have color, too.
run histogram a.png --color always
expect_code 0
run nonsense --color always
expect_code 2
