# An existing output is kept unless --force is given; the input may be the output.
. "$(dirname "$0")/lib.sh"
small a.png
echo precious >a_equalized.png
run equalize a.png
expect_code 1
expect_lines err 1
expect_err 'a_equalized.png: already exists; --force replaces it'
[ "$(cat a_equalized.png)" = precious ] || fail 'the old file was changed'
run equalize a.png --force
expect_code 0
cp a.png before.png
chmod 640 a.png
run equalize a.png -o a.png
expect_code 1
expect_same a.png before.png
run equalize a.png -o a.png --force
expect_code 0
expect_same a.png a_equalized.png
[ "$(stat -c %a a.png)" = 640 ] || fail 'permissions were lost'
expect_no_traces
