# --json prints one object for the whole run, also when files fail.
. "$(dirname "$0")/lib.sh"
small a.png --color rgb --bits 16 --alpha unassociated
echo text >b.png
run equalize a.png b.png --json
expect_code 1
expect_err 'b.png: not a JPEG, TIFF or PNG file'
json 'it["command"] == "equalize" and it["done"] == 1 and it["failed"] == 1 and len(it["files"]) == 2' \
  'it["files"][0]["output"] == "a_equalized.png" and it["files"][0]["error"] is None' \
  'it["files"][0]["format"] == "png" and it["files"][0]["bytes_out"] > 0 and it["files"][0]["seconds"] > 0' \
  '[it["files"][0]["pages"][0][k] for k in ("width", "height", "bits", "channels", "alpha")] == [96, 64, 16, 4, True]' \
  'it["files"][0]["pages"][0]["planes"][0]["levels_after"]["highest"] == 65535' \
  'it["files"][1]["error"]["code"] == "bad_input" and it["files"][1]["output"] is None'
run histogram a.png --json
expect_code 0
json 'sum(it["pages"][0]["planes"][0]["counts"]) == 96 * 64' 'len(it["pages"][0]["planes"][0]["table"]) == 65536'
run histogram b.png --json
expect_code 3
json 'it["pages"] == [] and it["error"]["code"] == "bad_input"'
run version --json
json 'it["libraries"]["libpng"].startswith("1.")'
