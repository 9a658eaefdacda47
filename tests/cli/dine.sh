# Dining philosophers in every mode: the lines of the course notes, a summary, JSON, and invalid combinations of options.
. "$(dirname "$0")/lib.sh"
quick=(--think 1ms..5ms --eat 1ms..5ms --meals 2 --seed 7)
for mode in ipc thread async tcp; do
  run dine --mode "$mode" "${quick[@]}"
  expect_code 0
  expect_no_err
  expect_out "5 philosophers, $mode, "
  expect_out ', seed 7: 10 meals in '
  expect_out 'fairness 1.000'
  cp out "$mode"
done
head -n 1 ipc | grep -qxF 'Starting IPC Dining Philosophers...' || fail 'ipc starts differently'
head -n 1 thread | grep -qxF 'Starting Multithreaded Dining Philosophers...' || fail 'thread starts differently'
head -n 1 async | grep -qxF 'Starting AsyncIO Dining Philosophers with Chopsticks...' || fail 'async starts differently'
said() { grep -F "[$2]" "$1" | sed 's/^\[[^]]*\] //' | tr '\n' '|'; }
twice() { [ "$(said "$1" "$2")" = "$3$3" ] || fail "$2 said $(said "$1" "$2")"; }
twice ipc 'Philosopher 2' 'Thinking...|Requesting forks...|Eating!|Returning forks...|'
twice tcp 'Philosopher 2' 'Thinking...|Requesting forks...|Eating!|Returning forks...|'
twice thread 'Thread 2' 'Thinking...|Eating!|Returning forks...|'
twice async 'Async Philosopher 2' 'Thinking...|Eating with chopsticks!|Returning chopsticks...|'

for mode in ipc thread async tcp; do
  run dine --mode "$mode" "${quick[@]}" --philosophers 2 --json
  expect_code 0
  json "it['mode'] == '$mode'" "it['meals'] == 4" "it['end'] == 'meals'" "len(it['seats']) == 2" "it['seed'] == 7" \
    "it['wait_seconds']['min'] <= it['wait_seconds']['max']" "it['deadlock'] is None and it['breach'] is None" \
    "it['context_switches']['voluntary'] > 0" "it['peak_memory_bytes'] > 0" "it['fairness'] == 1"
done
run dine --duration 50ms --quiet --mode ipc
expect_code 0
expect_out '0 meals'

for mode in thread async; do
  run dine --mode "$mode" --strategy naive --think 1ms --quiet
  expect_code 1
  expect_lines err 1
  expect_err 'deadlock: 0 waits for 1 waits for 2 waits for 3 waits for 4 waits for 0'
done

check() { # MESSAGE ARGUMENT...
  run dine "${@:2}"
  expect_code 2
  expect_no_out
  expect_lines err 1
  expect_err "$1"
}
check '--philosophers: 0 is out of range; choose 2 to 10000' --philosophers 0
check '--philosophers: 1 is out of range; choose 2 to 10000' -n 1
check "--think: '-1s' is negative" --think -1s
check "--think: '-5ms' is negative" --think=-5ms..1s
check "--eat: '2s..1s' ends before it begins" --eat 2s..1s
check "--duration: '-3' is negative" --duration=-3
check "--meals: '-3' is negative" --meals=-3
check '--strategy naive: not available with --mode ipc, which has a coordinator' --mode ipc --strategy naive
check '--on-busy deny: needs a coordinator' --on-busy deny
check '--server: only for --mode tcp' --server localhost
run dine --mode tcp --server 127.0.0.1:1
expect_code 4
expect_lines err 1

run dine "${quick[@]}" --quiet --timeline dinner.svg
expect_code 0
python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("dinner.svg")' || fail 'the timeline is not XML'
[ "$(grep -c '#3f8f4f' dinner.svg)" -ge 10 ] || fail 'the timeline lacks meals'
cp dinner.svg before.svg
run dine "${quick[@]}" --quiet --timeline dinner.svg
expect_code 1
expect_err 'dinner.svg: already exists'
cmp -s dinner.svg before.svg || fail 'a timeline was replaced without --force'
run dine "${quick[@]}" --quiet --timeline dinner.svg --force
expect_code 0
run dine "${quick[@]}" --timeline -
expect_code 2
expect_err '--timeline -: a picture cannot be written to standard output'
run dine --compare -n 3 --duration 50ms
expect_code 0
expect_lines out 6
for mode in ipc thread async tcp; do grep -qE "^$mode +" out || fail "$mode is not compared"; done
ECE465_DINE_COMPARE=true run dine -n 2 --duration 20ms
expect_code 0
expect_lines out 6
run dine --compare -n 2 --duration 20ms --json
expect_code 0
json "[run['mode'] for run in it['compare']] == ['ipc', 'thread', 'async', 'tcp']" "all(run['meals'] > 0 for run in it['compare'])"
check '--live: standard output is not a terminal' --live
check '--compare: cannot be combined with' --compare --strategy naive
on_a_terminal "'$ECE465' dine --live --think 1ms --eat 1ms --duration 300ms"
[ $code = 0 ] || fail "exit code $code"
grep -qF "${escape}[?1049h" screen || fail 'no alternate screen'
grep -qF "${escape}[?1049l" screen || fail 'the screen is not restored'
grep -qF '5 philosophers: ' screen || fail 'no picture'
grep -qF 'fairness' screen || fail 'no summary'
