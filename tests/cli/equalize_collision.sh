# Two inputs with one output are refused, and nothing is written.
. "$(dirname "$0")/lib.sh"
mkdir x y
small x/a.png
small y/a.png
run equalize x/a.png y/a.png -o results
expect_code 2
expect_err 'x/a.png and y/a.png would both be written to results/a_equalized.png'
expect_no_file results
# The same input twice is not a collision; nor is the result of an earlier run.
run equalize x/a.png ./x/a.png
expect_code 0
run equalize x/*.png --force
expect_code 0
expect_err 'x/a_equalized.png: skipped, it is the result of x/a.png'
expect_no_file x/a_equalized_equalized.png
