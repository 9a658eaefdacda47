# One command starts a whole cluster: a master with its own workers, which equalizes like equalize, restarts a worker
# that was killed, and leaves no process behind, however it ends.
. "$(dirname "$0")/lib.sh"
start_master() { # OPTION...
  "$ECE465" master --http-host 127.0.0.1 --http-port 0 --worker-host 127.0.0.1 --worker-port 0 --data-dir data \
    --workers 2 --log-format json "$@" 2>log &
  master=$!
  trap 'kill -9 $master 2>/dev/null || true; clean_up' EXIT
  wait_for 'two workers' joined 2
  url=http://$(sed -n 's/.*"master listening","http":"\([^"]*\)".*/\1/p' log)
}
joined() { [ "$(grep -c '"message":"worker joined"' log)" -ge "$1" ]; }
pids() { sed -n 's/.*"worker process started".*"pid":\([0-9]*\).*/\1/p' log; }
none_alive() { local pid; for pid in $(pids); do ! kill -0 "$pid" 2>/dev/null || return 1; done; }

mkdir one two local
"$MAKE_IMAGE" one/x.png --size 700x500
"$MAKE_IMAGE" two/x.png --size 600x400 --color rgb --seed 2
start_master
run health --url "$url"
expect_code 0
expect_no_err
run submit one/x.png two/x.png -o results/ --url "$url"
expect_code 2  # both would be called x_equalized.png here
run submit one/x.png two/x.png --url "$url"
expect_code 0
expect_lines out 2
for folder in one two; do
  "$ECE465" equalize $folder/x.png -o local/$folder.png >/dev/null
  expect_same $folder/x_equalized.png local/$folder.png
done
# Two clients at once, with different images of one name.
"$ECE465" submit one/x.png -o one.png --url "$url" >/dev/null & first=$!
"$ECE465" submit two/x.png -o two.png --url "$url" --channels each --remove >/dev/null & second=$!
wait $first || fail 'the first of two'
wait $second || fail 'the second of two'
expect_same one.png local/one.png
"$ECE465" equalize two/x.png -o local/each.png --channels each >/dev/null
expect_same two.png local/each.png
run status --url "$url" --json
json 'len(it["workers"]) == 2' 'it["status"]["jobs"]["done"] == 4' 'it["jobs"][0]["state"] == "done"'
run submit one/x.png --no-wait --url "$url"
expect_code 0
expect_out "$url/download/x_equalized.png  job_5"

worker=$(pids | head -n 1)
run health --url "$url" --worker "$(sed -n 's/.*"worker joined","worker":"\([^"]*\)".*/\1/p' log | head -n 1)"
expect_code 0
kill -9 "$worker"
wait_for 'a third worker' joined 3
grep -q '"worker process ended".*"how":"signal 9"' log || fail 'its end was not logged'

kill -TERM $master
code=0; wait $master || code=$?
expect_code 0
none_alive || fail 'a worker is left'
grep -vq '^{.*}$' log && fail 'not all of the log is JSON'
start_master
kill -9 $master
wait $master 2>/dev/null || true
wait_for 'the workers to follow it' none_alive
