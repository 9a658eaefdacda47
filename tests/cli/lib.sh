# Sourced by every test here. A test checks one behavior of the built program in a temporary folder of its own; it stops
# at the first failure. ctest sets:
#   ECE465      the program
#   MAKE_IMAGE  the program that paints test images
set -euo pipefail

folder=$(mktemp -d "${TMPDIR:-/tmp}/ece465-cli-XXXXXX")
clean_up() { cd / && rm -rf "$folder"; }
trap clean_up EXIT
cd "$folder"
unset NO_COLOR COLUMNS
export LC_ALL=C.UTF-8 TERM=xterm TMPDIR=$folder/tmp
mkdir tmp

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  [ ! -e out ] || { printf -- '--- stdout\n' >&2; head -c 4000 out >&2; }
  [ ! -e err ] || { printf -- '--- stderr\n' >&2; head -c 4000 err >&2; }
  exit 1
}
skip() { printf 'SKIPPED: %s\n' "$*"; exit 77; }

# run ARGUMENT...: runs the program; leaves its output in the files out and err, its exit code in $code.
run() {
  code=0
  "$ECE465" "$@" >out 2>err || code=$?
}
expect_code() { [ "$code" = "$1" ] || fail "exit code $code, not $1"; }
expect_out() { grep -qF -- "$1" out || fail "stdout lacks: $1"; }
expect_err() { grep -qF -- "$1" err || fail "stderr lacks: $1"; }
expect_no_out() { [ ! -s out ] || fail "stdout is not empty"; }
expect_no_err() { [ ! -s err ] || fail "stderr is not empty"; }
expect_lines() { [ "$(wc -l <"$1")" = "$2" ] || fail "$1 has $(wc -l <"$1") lines, not $2"; }
expect_file() { for name; do [ -f "$name" ] || fail "no file $name"; done; }
expect_no_file() { for name; do [ ! -e "$name" ] || fail "$name is there"; done; }
expect_same() { cmp -s "$1" "$2" || fail "$1 and $2 differ"; }
# No temporary files are left, here or in TMPDIR.
expect_no_traces() {
  local left
  left=$(find "$folder" -name '.ece465*' -o -path "$folder/tmp/*")
  [ -z "$left" ] || fail "left behind: $left"
}
# json EXPRESSION...: each must be true in Python, with the file out, parsed, as `it`.
json() {
  python3 -c '
import json, sys
it = json.load(open("out"))
for expression in sys.argv[1:]:
    assert eval(expression), expression' "$@" || fail 'the JSON is not as expected'
}
# small NAME [OPTION...]: paints a test image of a few kilobytes.
small() { "$MAKE_IMAGE" "$1" --size 96x64 "${@:2}"; }

# on_a_terminal COMMAND: runs a shell command on a terminal of 100 columns; its output is in the file screen.
on_a_terminal() {
  command -v script >/dev/null || skip "script (util-linux) is not installed"
  code=0
  script -qec "stty cols 100 rows 30; $1" screen </dev/null >/dev/null 2>&1 || code=$?
}
escape=$(printf '\033')

# start_fake_master OPTION...: a master that equalizes nothing, in the background until the test ends; its address is
# in $url, the requests that it got in the file requests.
start_fake_master() {
  rm -f port requests
  python3 "$(dirname "$0")/fake_master.py" port "$@" &
  fake_master=$!
  trap 'kill $fake_master; clean_up' EXIT
  wait_for 'the fake master' test -f port
  url=http://127.0.0.1:$(cat port)
}
# wait_for WHAT COMMAND...: until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + 60))
  until "${@:2}"; do
    [ $SECONDS -lt $deadline ] || fail "timed out waiting for $1"
    sleep 0.02
  done
}
