# File names may contain spaces, brackets, dashes and line breaks, and have no extension.
. "$(dirname "$0")/lib.sh"
small a.png
cp a.png 'with space.png'
cp a.png '[1].png'
mkdir '[folder]' && cp a.png '[folder]/b.png'
cp a.png ./-dash.png
cp a.png $'line\nbreak.png'
cp a.png plain
cp a.png data.bin
cp a.png equalize # like a command
run equalize 'with space.png' '[1].png' '[folder]' ./-dash.png $'line\nbreak.png' plain data.bin equalize
expect_code 0
expect_lines out 8
expect_out 'line\nbreak.png -> line\nbreak_equalized.png'
expect_file 'with space_equalized.png' '[1]_equalized.png' '[folder]/b_equalized.png' ./-dash_equalized.png \
  $'line\nbreak_equalized.png' plain_equalized data_equalized.bin equalize_equalized
expect_same plain_equalized 'with space_equalized.png'
run equalize --force -- -dash.png
expect_code 0
