# Producers and consumers: the lines of the course notes, a clean end, a summary, JSON, signals.
. "$(dirname "$0")/lib.sh"
run prodcon --jobs 12 --produce 0 --consume 0..2ms --seed 3
expect_code 0
expect_no_err
[ "$(grep -cE '^\[Producer\] Generating Job [0-9]+$' out)" = 12 ] || fail 'not 12 jobs were made'
[ "$(grep -cE '^\[Consumer [0-2]\] Processing Job [0-9]+$' out)" = 12 ] || fail 'not 12 jobs were done'
expect_out '[Producer] Generating Job 7'
expect_out '12 jobs made, 12 done, 0 left in '
expect_out 'queue of 10: '
run prodcon --jobs 30 --consumers 2 --producers 2 --capacity 4 --produce 0 --consume 1ms --json
expect_code 0
json "it['produced'] == it['consumed'] == 30" "it['left'] == 0" "it['end'] == 'jobs'" "it['queue']['max'] <= 4" \
  "sum(it['by_consumer']) == 30" "sum(it['by_producer']) == 30" "0 <= it['queue']['full'] <= 1" \
  "it['queue']['depth'][-1]['depth'] == 0"
run prodcon --duration 30ms --produce 1ms --consume 1ms --quiet
expect_code 0
expect_out ' 0 left in '
for queue in '--produce 0 --consume 1h' '--produce 1h' '--produce 0 --consume 0 --quiet'; do
  rm -f out err
  set -m
  # shellcheck disable=SC2086
  "$ECE465" prodcon $queue >out 2>err &
  pid=$!
  set +m
  if [[ $queue = *'consume 1h' ]]; then
    wait_for 'a full queue' grep -sqF 'Job 14' out
  else
    # Signals are handled before threads are created: a second thread proves that they are.
    wait_for 'threads' sh -c "[ \$(ls /proc/$pid/task | wc -l) -ge 5 ]"
  fi
  kill -INT $pid
  code=0; wait $pid || code=$?
  expect_code 130
  expect_no_err
  expect_out ' made, '
done
check() { # MESSAGE ARGUMENT...
  run prodcon "${@:2}"
  expect_code 2
  expect_no_out
  expect_lines err 1
  expect_err "$1"
}
check '--consumers: 0 is out of range' --consumers 0
check '--capacity: 0 is out of range' --capacity 0
check "--produce: '-1s' is negative" --produce=-1s
check "--jobs: '-1' is negative" --jobs=-1
