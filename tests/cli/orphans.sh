# As the first process of a container it reaps the orphans that it adopts, whether it has
# children of its own or not.
. "$(dirname "$0")/lib.sh"
for tool in unshare nsenter pgrep; do command -v $tool >/dev/null || skip "$tool is not installed"; done
unshare --pid --fork --mount-proc true 2>err || skip "may not make a container: $(cat err)"

begun() { first=$(pgrep -P $outer) && [ "$(pgrep -c -P "$first")" -ge "$children" ] && [ -s out -o -s err ]; }
inside() { nsenter --target "$first" --pid --mount sh -c "$1"; }
no_orphan_left() { [[ $(inside 'cat /proc/[0-9]*/stat 2>/dev/null; true') != *'(sleep)'* ]]; }

while read -r children exit_code command; do
  # shellcheck disable=SC2086
  unshare --pid --fork --mount-proc "$ECE465" $command >out 2>err &
  outer=$!
  trap 'pkill -KILL -P $outer || true; clean_up' EXIT
  wait_for "$command to have $children processes" begun
  inside '(sleep 0 &); (sleep 0.1 &)'
  wait_for "$command to let orphans go" no_orphan_left
  kill -TERM "$first"
  code=0
  wait $outer || code=$?
  expect_code "$exit_code"
done <<'E'
5 130 dine --mode ipc --think 1h
0 130 dine --mode thread --think 1h
2 0 master --http-host 127.0.0.1 --http-port 0 --worker-host 127.0.0.1 --worker-port 0 --data-dir data --workers 2
0 0 worker --master 127.0.0.1:1
E
