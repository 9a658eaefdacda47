# A record in each format: bytes, size, times, and whether the copy is equal.
. "$(dirname "$0")/lib.sh"
run marshal
expect_code 0
expect_no_err
[ "$(grep -c 'equal$' out)" = 4 ] || fail 'not four copies are equal'
expect_out '7b 22 61 63 74 69 6f 6e 22 3a 22 52 45 51 55 45 53 54 22 2c 22 70 69 64'
expect_out 'a2 66 61 63 74 69 6f 6e 67 52 45 51 55 45 53 54 63 70 69 64 02'
run marshal --json
json "[f['format'] for f in it['formats']] == ['json', 'cbor', 'msgpack', 'yaml']" "all(f['equal'] for f in it['formats'])" \
  "bytes.fromhex(it['formats'][0]['hex']) == b'{\"action\":\"REQUEST\",\"pid\":2}'" \
  "it['formats'][2]['bytes'] == 21" "all(f['encode_seconds'] > 0 and f['decode_seconds'] > 0 for f in it['formats'])"
printf 'name: Ann\nzip: "01234"\nheight: 1.75\nfriends: [Bob, ~]\n' >person.yaml
run marshal --input person.yaml --json
expect_code 0
json "all(f['equal'] for f in it['formats'])" \
  "json.loads(bytes.fromhex(it['formats'][0]['hex'])) == {'name': 'Ann', 'zip': '01234', 'height': 1.75, 'friends': ['Bob', None]}"
printf '[1, 2, {"a": "b"}]' >list
run marshal --input list --format cbor
expect_code 0
expect_out '83 01 02 a1 61 61 61 62'
expect_lines out 3
printf '{"a": ' >bad.json
run marshal --input bad.json
expect_code 3
expect_lines err 1
expect_err 'bad.json: '
run marshal --input nowhere.json
expect_code 3
run marshal --format xml
expect_code 2
