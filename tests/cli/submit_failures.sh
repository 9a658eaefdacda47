# Exit codes of failures: 3 if the master refuses a file, 4 if it is unreachable.
. "$(dirname "$0")/lib.sh"
small a.png
run submit a.png --url http://127.0.0.1:1
expect_code 4
expect_lines err 1
expect_err 'cannot connect to 127.0.0.1:1: Connection refused; is a master running there? start one with: ece465 master'
run submit a.png --url nonsense://x
expect_code 2
run submit
expect_code 2
run submit a.png --no-wait -o b.png
expect_code 2
run submit a.png --timeout soon
expect_code 2
expect_err "--timeout: 'soon' is not a time; use a form like 30, 0.5, 250ms or 2m"
start_fake_master --fail 'too strange'
run submit a.png --url "$url"
expect_code 3
expect_err 'a.png: the master failed: too strange'
echo text >b.png
run submit b.png --url "$url"
expect_code 3
expect_err 'b.png: not a JPEG, TIFF or PNG file'
expect_no_file a_equalized.png b_equalized.png
expect_no_traces
