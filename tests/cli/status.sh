# The status of a running master, as a table that fits the window, or as JSON.
. "$(dirname "$0")/lib.sh"
run status --url http://127.0.0.1:1
expect_code 4
expect_err 'is a master running there? start one with: ece465 master'
start_fake_master
run status --url "$url"
expect_code 0
expect_out "$url  ece465 0.1.0  up 1:02:05"
expect_out 'quarantined'
expect_out 'no jobs yet'
[ "$(wc -L <out)" -lt 80 ] || fail 'a line is too long'
run status --url "$url" --json
json 'it["command"] == "status"' 'it["status"]["connections"] == 4' 'len(it["workers"]) == 3' 'it["jobs"] == []'
# --watch: blocks in a pipe, in place on a terminal, which is restored afterwards.
set -m
"$ECE465" status --url "$url" --watch 0.01 >out 2>err &
pid=$!
set +m
blocks() { [ "$(grep -c "^$url" out)" -ge 3 ]; }
wait_for 'three blocks' blocks
kill -INT $pid
code=0; wait $pid || code=$?
expect_code 130
expect_no_err
rm requests
on_a_terminal "'$ECE465' status --url $url --watch 0.01 & pid=\$!
  until [ \$(grep -c /api/v1/jobs requests) -ge 3 ]; do sleep 0.02; done; kill -TERM \$pid; wait \$pid"
[ $code = 130 ] || fail "exit code $code"
grep -qF "${escape}[?1049h" screen || fail 'no alternate screen'
grep -aoF -e "${escape}[?25h${escape}[?1049l" -e "${escape}[H" screen | tail -n 1 | grep -qF '1049l' ||
  fail 'the terminal is not restored'
