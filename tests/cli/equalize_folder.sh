# A folder stands for its images, with --recursive also in subfolders; results go beside them or into the same tree elsewhere.
. "$(dirname "$0")/lib.sh"
mkdir -p in/deep/er
small in/b.png
small in/a.jpg && mv in/a.jpg in/A.JPG
small in/deep/c.png
small in/deep/er/d.jpg
echo text >in/notes.txt
ln -s .. in/deep/up
run equalize in
expect_code 0
expect_lines out 2
head -1 out | grep -q '^in/A.JPG -> in/A_equalized.JPG ' || fail 'not in order'
run equalize in --recursive --force
expect_code 0
expect_lines out 4
expect_file in/A_equalized.JPG in/deep/er/d_equalized.jpg
run equalize in -r -o out_tree
expect_code 0
expect_lines out 4
[ "$(cd out_tree && find . -type f | sort | tr '\n' ' ')" = \
  './A_equalized.JPG ./b_equalized.png ./deep/c_equalized.png ./deep/er/d_equalized.jpg ' ] || fail "$(find out_tree)"
mkdir empty
run equalize empty
expect_code 3
expect_err 'empty: no .jpg, .jpeg, .tif, .tiff or .png files in it'
