# - reads standard input and writes standard output; nothing else goes there.
. "$(dirname "$0")/lib.sh"
small a.png
run equalize a.png -o b.png
"$ECE465" equalize - <a.png >piped.png 2>err || fail 'exit code'
expect_same piped.png b.png
expect_no_err
cat a.png | "$ECE465" equalize - -o from_pipe.png >out || fail 'exit code'
expect_same from_pipe.png b.png
expect_out 'standard input -> from_pipe.png'
"$ECE465" equalize a.png -o - >to_stdout.png || fail 'exit code'
expect_same to_stdout.png b.png
run equalize - </dev/null
expect_code 3
expect_err 'standard input: the file is empty'
run equalize - a.png </dev/null
expect_code 2
run equalize a.png -o - --json
expect_code 2
expect_no_traces
