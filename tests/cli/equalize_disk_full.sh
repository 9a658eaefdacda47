# A full disk is reported in one line, with exit code 1; there is no partial output, and the old output is intact.
. "$(dirname "$0")/lib.sh"
mkdir disk
mount -t tmpfs -o size=256k tmpfs disk 2>err || skip "may not mount a small file system: $(cat err)"
trap 'umount "$folder/disk"; clean_up' EXIT
"$MAKE_IMAGE" a.png --size 1000x800
echo precious >disk/a.png
run equalize a.png -o disk/a.png --force
expect_code 1
expect_lines err 1
expect_err 'disk/a.png: cannot write: No space left on device'
[ "$(cat disk/a.png)" = precious ] || fail 'the old file was changed'
[ "$(ls -A disk)" = a.png ] || fail "left behind: $(ls -A disk)"
