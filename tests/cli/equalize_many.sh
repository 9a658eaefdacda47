# An unreadable file is reported in one line and skipped; the exit code is 1.
. "$(dirname "$0")/lib.sh"
small a.png
small b.jpg --color ycbcr
echo text >c.png
small d.png --bits 16
run equalize a.png b.jpg c.png d.png none.png
expect_code 1
expect_lines out 3
expect_lines err 3
expect_err 'c.png: not a JPEG, TIFF or PNG file'
expect_err 'none.png: cannot open: No such file or directory'
expect_err '2 of 5 files failed'
expect_file a_equalized.png b_equalized.jpg d_equalized.png
expect_no_file c_equalized.png none_equalized.png
expect_no_traces
