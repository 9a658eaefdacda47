# Ctrl-C also ends the wait for standard input.
. "$(dirname "$0")/lib.sh"
small a.png
mkfifo input
set -m
"$ECE465" equalize - -o b.png <input >out 2>err &
pid=$!
set +m
exec 3>input
head -c 100 a.png >&3
# A signal before the program handles signals would terminate it: wait until it spools its input.
for _ in $(seq 500); do
  ls -l /proc/$pid/fd 2>/dev/null | grep -q '/tmp/ece465-[^/]*(deleted)' && break
  sleep 0.01
done
kill -TERM $pid
code=0; wait $pid || code=$?
expect_code 130
expect_no_file b.png
expect_no_traces
