# The course's servers and their clients: exact answers with and without newlines, loads, ports in use, signals.
. "$(dirname "$0")/lib.sh"
serve() { # starts a server on a free port
  rm -f served
  "$ECE465" serve --host 127.0.0.1 --port 0 "$@" >served 2>served_err &
  server=$!
  trap 'kill -KILL $server 2>/dev/null || true; clean_up' EXIT
  wait_for 'the server' test -s served
  port=$(head -n 1 served | grep -o '[0-9]*' | tail -n 1)
}
stop() { kill -TERM "$server"; code=0; wait "$server" || code=$?; expect_code 0; }

serve
head -n 1 served | grep -qxE 'Coordinator Server listening on 127\.0\.0\.1:[0-9]+\.\.\.' || fail "begins: $(cat served)"
run client --port "$port" --message hello
expect_code 0
printf 'Acknowledged hello\n' >expected
expect_same out expected
export SERVER_HOST=127.0.0.1 SERVER_PORT=$port
run client --id 123 --think 0 --requests 2
unset SERVER_HOST SERVER_PORT
expect_code 0
printf '%s\n' '[Client 123] Thinking...' '[Coordinator] replied: Acknowledged Philosopher 123 requesting to eat!' \
  '[Client 123] Thinking...' '[Coordinator] replied: Acknowledged Philosopher 123 requesting to eat!' >expected
expect_same out expected
# The client of the course notes, which sends no newline.
python3 - "$port" <<'PYTHON'
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30) as s:
    for _ in range(2):
        s.sendall("Philosopher 7 requesting to eat!".encode("utf-8"))
        assert s.recv(1024) == b"Acknowledged Philosopher 7 requesting to eat!\n"
    s.sendall(b"\x1b[31mred\n")
    assert s.recv(1024) == b"Acknowledged \x1b[31mred\n"
PYTHON
run client --port "$port" --connections 50 --requests 20 --json
expect_code 0
json "it['answered'] == 1000" "it['failed'] == 0" "it['latency_ms']['median'] <= it['latency_ms']['p99']"
# A port in use.
run serve --host 127.0.0.1 --port "$port"
expect_code 4
expect_lines err 1
expect_err "127.0.0.1:$port"
stop
grep -qE "^\[Server\] Connected to \('127\.0\.0\.1', [0-9]+\)$" served || fail 'does not name peers'
grep -qE "^\[\('127\.0\.0\.1', [0-9]+\)\] says: Philosopher 7 requesting to eat!$" served || fail 'messages are not printed'
grep -qF 'says: \x1b[31mred' served || fail 'a peer writes to the terminal'
[ ! -s served_err ] || fail "$(cat served_err)"

serve --protocol echo
head -n 1 served | grep -qxE 'Server listening on port [0-9]+' || fail "begins: $(cat served)"
code=0
printf 'one\ntwo\nexit\nnever\n' | "$ECE465" client --port "$port" --interactive >out 2>err || code=$?
expect_code 0
printf 'Server response: Server received: %s\n' one two exit >expected
expect_same out expected
code=0
printf 'no newline at the end' | "$ECE465" client --port "$port" -i >out 2>err || code=$?
expect_code 0
expect_out 'Server response: Server received: no newline at the end'
stop
printf '%s\n' 'Client connected: /127.0.0.1' 'Received from client: one' 'Received from client: two' \
  'Received from client: exit' 'Client disconnected: /127.0.0.1' >expected
sed -n 2,6p served >got
expect_same got expected

serve --protocol table --seats 3
run dine --mode tcp --server "127.0.0.1:$port" -n 3 --meals 2 --think 0 --eat 0 --quiet
expect_code 0
expect_out '3 philosophers, tcp, coordinator'
expect_out ': 6 meals in '
run dine --mode tcp --server "127.0.0.1:$port" -n 4 --meals 1
expect_code 4
expect_err 'no seat is free'
stop

# The server is gone.
run client --port "$port" --message hello
expect_code 4
expect_lines err 1
run client --port "$port" --connections 2
expect_code 4
run serve --port 99999
expect_code 2
run client --interactive --message x
expect_code 2
# A philosopher waits for a coordinator until interrupted.
rm -f err
set -m
"$ECE465" client --port "$port" >out 2>err &
pid=$!
set +m
wait_for 'the philosopher' test -s err
kill -INT $pid
code=0; wait $pid || code=$?
expect_code 130
expect_lines err 1
expect_err 'trying again'
