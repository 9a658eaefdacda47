# Word counts equal those of the shell's pipeline byte for byte; and the bytes of a log.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C
pipeline() { cat "$@" | tr ' ' '\n' | grep -av '^$' | sort | uniq -c || true; }
printf 'the cat  and the\tdog\nThe cat\n\n  end' >a.txt
printf 'ing here the\r\n%s caf\303\251 \377\n' "$(printf 'long%.0s' {1..50})" >b.txt
: >empty.txt
python3 - <<'PYTHON'
import random
chance = random.Random(465)
words = ["".join(chance.choices("abcdefghij", k=chance.choice([1, 2, 3, 5, 8, 13, 21]))) for _ in range(3000)]
with open("large.txt", "w") as out:
    for _ in range(400_000):
        out.write(chance.choice(words) + chance.choice([" ", " ", " ", "  ", "\n", "\n\n"]))
PYTHON
check() {
  pipeline "$@" >expected
  for threads in 1 3; do
    run mapreduce wordcount --format uniq --threads $threads "$@"
    expect_code 0
    expect_no_err
    expect_same out expected
  done
}
check a.txt
check a.txt b.txt  # "end" and "ing" are one word, as cat makes it
check b.txt empty.txt a.txt
check empty.txt
check large.txt a.txt large.txt
code=0; "$ECE465" mapreduce wordcount --format uniq - <large.txt >out 2>err || code=$?
pipeline large.txt >expected
expect_code 0
expect_same out expected

run mapreduce wordcount --top 2 a.txt
expect_code 0
expect_lines out 3
head -n 1 out | grep -qxE ' *2  cat' || fail 'the most frequent word is not the first'
run mapreduce wordcount a.txt b.txt --json
json "it['words'] == 12" "it['distinct'] == len(it['counts'])" "{'word': 'cat', 'count': 2} in it['counts']"

# Five lines: two sizes that count, an error, a negative one, and one more.
printf '%s\n' '10.0.0.1 1024' '10.0.0.2 error' '10.0.0.3 -500' '10.0.0.4 4000' '10.0.0.5 330' >log
run mapreduce bytes log
expect_code 0
printf '5354\n' >expected
expect_same out expected
expect_err '2 lines without a valid size'
run mapreduce bytes log log --json
expect_no_err
json "it['bytes'] == 10708" "it['lines'] == 10" "it['ignored'] == 4"

run mapreduce wordcount nowhere.txt
expect_code 3
expect_lines err 1
expect_err 'nowhere.txt'
run mapreduce wordcount .
expect_code 3
run mapreduce wordcuont a.txt
expect_code 2
expect_err "did you mean wordcount?"
run mapreduce wordcount
expect_code 2
run mapreduce
expect_code 2
run mapreduce bytes --top 3 log
expect_code 2
run mapreduce wordcount - -
expect_code 2
