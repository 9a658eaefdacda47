# --version is CMake's project version.
. "$(dirname "$0")/lib.sh"
run --version
expect_code 0
[ "$(cat out)" = "ece465 $VERSION" ] || fail "not $VERSION"
run version
expect_code 0
[ "$(head -1 out)" = "ece465 $VERSION" ] || fail "not $VERSION"
for library in libjpeg libtiff libpng zlib CLI11 fmt nlohmann-json yaml-cpp; do expect_out "$library"; done
