# A probe for containers: no output and exit code 0 if healthy.
. "$(dirname "$0")/lib.sh"
run health --url http://127.0.0.1:1
expect_code 4
expect_no_out
expect_lines err 1
start_fake_master
for probe in "--url $url" "--url $url/api/v1/status" "--tcp ${url#http://}" "--url $url --worker node-7"; do
  # shellcheck disable=SC2086
  run health $probe
  expect_code 0
  expect_no_out
  expect_no_err
done
run health --url "$url/nowhere"
expect_code 1
expect_err 'HTTP 404 Not Found'
run health --url "$url" --worker node-8
expect_code 1
expect_err 'worker node-8: not connected'
run health --tcp nowhere
expect_code 2
# In a container process 1 decides what to probe. Here it is not a master, which is healthy.
run health --container
expect_code 0
run health --container --url http://127.0.0.1:1
expect_code 4
