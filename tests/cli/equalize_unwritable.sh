# Output errors have exit code 1 and leave nothing. (Tests may run as root, so they do not rely on permissions.)
. "$(dirname "$0")/lib.sh"
small a.png
echo file >file.png
for output in /proc/result.png file.png/b.png /dev/null .; do
  run equalize a.png -o "$output/" --force
  [ "$output" = . ] || expect_code 1
done
run equalize a.png -o /dev/null --force
expect_code 1
expect_err '/dev/null: cannot write: it is not a regular file'
[ -c /dev/null ] || fail '/dev/null was replaced'
run equalize a.png -o /proc/result.png
expect_code 1
expect_lines err 1
expect_err '/proc/result.png: cannot write'
expect_no_traces
