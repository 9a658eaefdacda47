# A write error on standard output is reported, and the work is done all the same.
. "$(dirname "$0")/lib.sh"
[ -c /dev/full ] || skip 'there is no /dev/full'
small a.png
code=0; "$ECE465" equalize a.png >/dev/full 2>err || code=$?
expect_code 1
expect_err 'standard output: cannot write: No space left on device'
expect_file a_equalized.png
code=0; "$ECE465" equalize a.png -o - >/dev/full 2>err || code=$?
expect_code 1
expect_err 'standard output: cannot write: No space left on device'
code=0; "$ECE465" --help >/dev/full 2>err || code=$?
expect_code 1
# The same if it is closed; its descriptor is not reused for a file.
code=0; "$ECE465" equalize a.png --force 2>err >&- || code=$?
expect_code 1
expect_err 'standard output: cannot write'
grep -q equalized a_equalized.png && fail 'text went into the picture'
# A closed pipe is not reported.
code=0; { "$ECE465" equalize a.png --force 2>err || echo $? >code; } | :
expect_no_err
