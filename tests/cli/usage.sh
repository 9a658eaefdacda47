# Errors on the command line are reported with a remedy, and the exit code is 2.
. "$(dirname "$0")/lib.sh"
check() { # MESSAGE ARGUMENT...
  run "${@:2}"
  expect_code 2
  expect_no_out
  expect_lines err 1
  expect_err "$1"
}
check 'unknown command equalise; did you mean equalize?' equalise a.png
check "photo.jpg is not a command; try 'ece465 equalize photo.jpg'" photo.jpg
check 'unknown option --qualty; did you mean --quality?' equalize --qualty 5 a.png
check 'unknown option -x' equalize -x a.png
check "--quality: 'abc' is not a whole number; choose 1 to 100" equalize a.png --quality abc
check '--quality: 0 is out of range; choose 1 to 100' equalize a.png --quality=0
check "--channels: 'grey' is not one of luma, gray, each; did you mean gray?" equalize a.png --channels grey
check "--memory: '64X' has an unknown unit 'X'" equalize a.png --memory 64X
check '--threads: a value is missing' equalize a.png --threads
check 'no input; name images or folders' equalize
check 'histogram: unexpected argument b.png' histogram a.png b.png
check 'several results cannot go to standard output' equalize a.png b.png -o -
check '--kernel: unknown kernels "abacus"' equalize a.png --kernel abacus
