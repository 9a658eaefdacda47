# Ctrl-C while waiting for a master exits with 130, cancels the jobs and leaves no files.
. "$(dirname "$0")/lib.sh"
start_fake_master --slow-job
small a.png
small b.png --seed 2
set -m  # signals are ignored in a script's background jobs, unless job control is on
"$ECE465" submit a.png b.png --url "$url" >out 2>err &
pid=$!
set +m
polled() { grep -q 'GET /api/v1/jobs/job_1' requests && grep -q 'GET /api/v1/jobs/job_2' requests; } 2>/dev/null
wait_for 'the program to wait' polled
kill -INT $pid
code=0; wait $pid || code=$?
expect_code 130
expect_err 'interrupted: 0 of 2 files done'
expect_lines err 1
[ "$(grep -c '^DELETE /api/v1/jobs/job_[12]$' requests)" = 2 ] || fail 'the jobs were not cancelled'
expect_no_file a_equalized.png b_equalized.png
expect_no_traces
