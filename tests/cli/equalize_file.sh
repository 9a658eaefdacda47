# A file is equalized beside itself and reported in one line; nothing else is printed.
. "$(dirname "$0")/lib.sh"
small my.photo.jpg --color ycbcr
run equalize my.photo.jpg
expect_code 0
expect_lines out 1
expect_out 'my.photo.jpg -> my.photo_equalized.jpg  96x64 8-bit color  luma '
expect_no_err
expect_file my.photo_equalized.jpg
expect_no_traces
