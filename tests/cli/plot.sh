# --plot draws an SVG that is well-formed XML; an existing one is kept without --force.
. "$(dirname "$0")/lib.sh"
small 'a<&>.png' --color rgb
run equalize 'a<&>.png' --plot levels.svg
expect_code 0
python3 - <<'P' || fail 'no good SVG'
import xml.etree.ElementTree as xml
svg = xml.parse('levels.svg').getroot()
assert svg.tag == '{http://www.w3.org/2000/svg}svg'
assert 'a<&>.png' in svg.find('{http://www.w3.org/2000/svg}title').text
P
run histogram 'a<&>.png' --channels each --plot levels.svg
expect_code 1
expect_err 'levels.svg: already exists; --force replaces it'
run histogram 'a<&>.png' --channels each --plot levels.svg --force
expect_code 0
expect_no_out
for plane in red green blue; do grep -q "$plane, 6,144 samples" levels.svg || fail "no $plane"; done
expect_no_traces

# A plot does not replace an image of the run, however it is named and whether it exists yet.
small b.png
cp b.png kept.png
for name in b.png ./b.png result.png; do
  run equalize b.png -o result.png --plot $name --force
  expect_code 2
  expect_err "--plot $name: is the name of an image"
done
# It cannot go to standard output either, which has the result or the reports.
for command in 'equalize b.png -o -' 'equalize b.png' 'histogram b.png'; do
  run $command --plot -
  expect_code 2
  expect_err '--plot -: a picture cannot be written to standard output'
  expect_no_file ./-
done
run histogram b.png --plot b.png --force
expect_code 2
expect_same b.png kept.png
expect_no_file result.png
