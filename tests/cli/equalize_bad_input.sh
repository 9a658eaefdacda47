# A file that is not an image is reported in one line with file and reason, exit code 3, and no output.
. "$(dirname "$0")/lib.sh"
: >empty.jpg
echo 'just text' >text.tif
printf 'GIF89a' >gif.png
small whole.png
head -c 2000 whole.png >cut.png
small whole.jpg --color ycbcr
head -c 700 whole.jpg >cut.jpg
mkfifo pipe.png
# A header that claims a million by a million pixels.
python3 - <<'P'
import struct, zlib
def chunk(name, data): return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
open('huge.png', 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 10**6, 10**6, 16, 6, 0, 0, 0)) +
                             chunk(b'IDAT', zlib.compress(bytes(100))) + chunk(b'IEND', b''))
P
for name in empty.jpg text.tif gif.png cut.png cut.jpg pipe.png huge.png; do
  run equalize "$name"
  expect_code 3
  expect_no_out
  expect_lines err 1
  expect_err "ece465: error: $name: "
  grep -q "$name: .*$name" err && fail "$name is named twice"
  expect_no_file "${name%.*}_equalized.${name##*.}"
done
expect_no_traces

run equalize ''
expect_code 3
expect_err 'ece465: error: the file name is empty'
