# A worker retries until its master is there, leaves in order when stopped, and at once the second time.
. "$(dirname "$0")/lib.sh"
run worker --id 'a b'
expect_code 2
expect_err "--id: worker id 'a b' "
run worker --master nowhere:port
expect_code 2
expect_err 'write HOST:PORT'
export MASTER_HOST=far MASTER_PORT=7000
run worker --print-config
grep -q 'master: "far:7000" *# MASTER_HOST, MASTER_PORT' out || fail 'MASTER_HOST and MASTER_PORT are not taken'
MASTER_PORT=tcp://10.96.0.7:6000 run worker --print-config
grep -q 'master: "far:6000" *# MASTER_HOST$' out || fail "a service's MASTER_PORT is taken"
unset MASTER_HOST MASTER_PORT

# A master: binds a port, listens once it gets a line, then prints what it receives; answers BYE if it is "polite".
cat >master.py <<'P'
import socket, sys
server = socket.socket()
server.bind(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
sys.stdin.readline()
server.listen()
connection, _ = server.accept()
for line in connection.makefile("r"):
    print(line, end="", flush=True)
    if line.startswith("REGISTER "):
        connection.sendall(b"REGISTERED ECE465/2 heartbeat=60000 payload=1000000\n")
    if line == "BYE\n" and sys.argv[1] == "polite":
        connection.sendall(b"BYE\n")
P
until_says() {  # FILE TEXT
  while ! grep -qsF -- "$2" "$1"; do
    kill -0 $pid 2>/dev/null || fail "it ended before $1 said: $2"
    sleep 0.01
  done
}
start_master() {  # polite|rude
  rm -f listen heard && mkfifo listen
  python3 master.py "$1" <listen >heard & master=$!
  exec 4>listen
  until [ -s heard ]; do sleep 0.01; done
  port=$(cat heard)
}
stop_master() { kill $master 2>/dev/null || true; wait $master 2>/dev/null || true; exec 4>&-; }
start_worker() {
  set -m
  "$ECE465" worker --master "127.0.0.1:$port" "$@" 2>err & pid=$!
  set +m
}
ends_with() { code=0; wait $pid || code=$?; expect_code "$1"; }
trap 'kill $pid 2>/dev/null || true; stop_master; clean_up' EXIT

start_master polite
start_worker --id w-1
until_says err 'warn the master cannot be reached'
echo >&4
until_says err 'info registered'
until_says heard "LOG w-1 Connected to master at 127.0.0.1:$port"
kill -TERM $pid
ends_with 0
grep -qx BYE heard || fail 'it did not say BYE'
expect_err 'info left the master'
stop_master

start_master rude
echo >&4
start_worker --id w-2 --log-format json
until_says heard 'LOG w-2 '
kill -INT $pid
until_says heard BYE
kill -INT $pid
ends_with 130
python3 -c '
import json
lines = [json.loads(line) for line in open("err")]
assert any(line["message"] == "registered" and line["dialect"] == "ECE465/2" for line in lines), lines' || fail 'no log in JSON'
stop_master

# It can be stopped while there is no master.
start_master absent
start_worker
until_says err 'warn the master cannot be reached'
kill -TERM $pid
ends_with 0
