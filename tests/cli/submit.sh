# Images go to a master, and results are written where equalize would write them.
. "$(dirname "$0")/lib.sh"
start_fake_master
mkdir photos photos/deep
small photos/1.png
small photos/deep/1.png --seed 2
run submit photos --recursive -o results --url "$url"
expect_code 0
expect_lines out 2
expect_out 'photos/1.png -> results/1_equalized.png  96x64 8-bit gray  1 worker  up 0.'
expect_out ' kB to workers and back  '
expect_lines err 1
expect_err 'photos/deep/1.png: another input has the same name; the master gets it with a number added'
expect_same photos/1.png results/1_equalized.png
expect_same photos/deep/1.png results/deep/1_equalized.png
grep -qx 'POST /upload' requests || fail 'nothing was uploaded'
# With an environment variable, in a pipe, and without leaving files on the master.
ECE465_URL=$url "$ECE465" submit - --remove <photos/1.png >piped.png 2>err || fail 'in a pipe'
expect_same photos/1.png piped.png
grep -q 'DELETE /files/standard-input-.*\.png' requests || fail 'it is still on the master'
# Existing files are not replaced by default.
run submit photos/1.png -o results/1_equalized.png --url "$url"
expect_code 1
expect_err 'already exists; --force replaces it'
run submit photos/1.png -o results/1_equalized.png --force --json --url "$url"
expect_code 0
json 'it["command"] == "submit"' 'it["done"] == 1' 'it["files"][0]["job"]["state"] == "done"' \
  'it["files"][0]["output"] == "results/1_equalized.png"' 'it["files"][0]["error"] is None'
expect_no_traces
