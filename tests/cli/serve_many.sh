# Ten thousand connections at once are answered on one thread.
. "$(dirname "$0")/lib.sh"
[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 10100 ] || skip 'so many files cannot be open here'
"$ECE465" serve --host 127.0.0.1 --port 0 --quiet >served 2>err &
server=$!
trap 'kill -KILL $server 2>/dev/null || true; clean_up' EXIT
wait_for 'the server' test -s served
port=$(head -n 1 served | grep -o '[0-9]*' | tail -n 1)
"$ECE465" client --port "$port" --connections 10000 --requests 2 --timeout 60 --json >out 2>client_err &
client=$!
most=0
while kill -0 $client 2>/dev/null; do
  threads=$(find "/proc/$server/task" -mindepth 1 -maxdepth 1 | wc -l)
  [ "$threads" -le "$most" ] || most=$threads
done
code=0; wait $client || code=$?
expect_code 0
json "it['answered'] == 20000" "it['failed'] == 0"
# One serves, one waits for signals.
[ "$most" -le 2 ] || fail "$most threads"
kill -TERM $server
wait $server
grep -qF ' 10000 at once at most' served || fail "$(tail -n 1 served)"
