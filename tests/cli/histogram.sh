# Away from a terminal, histogram prints CSV that adds up.
. "$(dirname "$0")/lib.sh"
small a.png
run histogram a.png
expect_code 0
expect_no_err
python3 - <<'P' || fail 'the numbers do not add up'
import csv
rows = list(csv.DictReader(open('out')))
assert list(rows[0]) == ['page', 'plane', 'level', 'count', 'cumulative', 'equalized']
assert sum(int(r['count']) for r in rows) == int(rows[-1]['cumulative']) == 96 * 64
assert rows[0]['equalized'] == '0' and rows[-1]['equalized'] == '255'
P
"$ECE465" histogram - <a.png >piped
expect_same out piped
