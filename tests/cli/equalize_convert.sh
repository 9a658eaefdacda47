# The output's extension decides its format; losses are reported.
. "$(dirname "$0")/lib.sh"
small deep.png --bits 16
run equalize deep.png -o deep.jpg
expect_code 0
expect_out 'PNG -> JPEG'
expect_err 'note: deep.png: 16 bits became 8, rounded'
[ "$(head -c 3 deep.jpg | od -An -tx1)" = ' ff d8 ff' ] || fail 'no JPEG'
run equalize deep.png -o copy.png --quiet
expect_code 0
expect_no_out
expect_no_err
[ "$(head -c 4 copy.png | tail -c 3)" = PNG ] || fail 'no PNG'
run equalize deep.png -o deep.gif
expect_code 2
expect_err 'deep.gif: .gif cannot be written; choose .jpg, .tif or .png'
# A PNG called .jpg keeps its name, and its result gets the format of that name.
small real.png
mv real.png fake.jpg
run equalize fake.jpg
expect_code 0
[ "$(head -c 3 fake_equalized.jpg | od -An -tx1)" = ' ff d8 ff' ] || fail 'no JPEG'
