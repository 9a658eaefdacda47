# Ctrl-C ends a run with 130; finished results stay, partial ones do not.
. "$(dirname "$0")/lib.sh"
mkdir in
"$MAKE_IMAGE" in/0000.png --size 300x300
python3 -c 'import os; [os.link("in/0000.png", "in/%04d.png" % i) for i in range(1, 1500)]'
mkfifo lines
# Signals are ignored in a script's background jobs, unless job control is on.
set -m
"$ECE465" equalize in -o results --threads 2 >lines 2>err &
pid=$!
set +m
exec 3<lines
read -r line <&3 || fail 'nothing was done'
kill -INT $pid
cat <&3 >out
code=0; wait $pid || code=$?
expect_code 130
expect_lines err 1
expect_err 'interrupted: '
# Every existing result is complete, and was reported or is the next to be.
count=$(find results -type f | wc -l)
[ "$count" -ge 1 ] && [ "$count" -lt 1500 ] || fail "$count results"
find results -type f | while read -r name; do cmp -s "$name" results/0000_equalized.png || fail "$name"; done
expect_no_traces
