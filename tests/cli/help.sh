# Help is available alone, by option, by word, and for each command, with examples, on standard output.
. "$(dirname "$0")/lib.sh"
run
expect_code 0
expect_out 'Usage: ece465 COMMAND [options]'
expect_no_err
cp out alone
run --help
expect_same out alone
run help
expect_same out alone
run equalize --help
expect_code 0
expect_out 'Usage: ece465 equalize IN... [options]'
expect_out '(default: luma)'
expect_out 'Examples:'
cp out equalize
run help equalize
expect_same out equalize
[ "$(wc -L <equalize)" -le 110 ] || fail 'lines are too long'
run master --help
tr -s ' \n' ' ' <out >words
for default in '--http-host HOST HTTP listen address (default: 0.0.0.0)' '(default: shared_data; environment: UPLOAD_DIR)'; do
  grep -qF -- "$default" words || fail "no $default"
done
for command in client dine mapreduce marshal prodcon serve histogram submit status health completion version worker; do
  run "$command" --help
  expect_code 0
  expect_out "Usage: ece465 $command"
done
