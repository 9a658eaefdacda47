#include "ece465/wire/histogram_codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <random>

using namespace ece465;
using namespace ece465::wire;

namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

std::string zeros_but_last(std::size_t zeros, const std::string& separator, const std::string& last) {
  std::string text = "[";
  for (std::size_t i = 0; i < zeros; ++i) text += "0" + separator;
  return text + last + "]";
}

std::vector<std::uint64_t> random_counts(std::size_t levels, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> counts(levels);
  // Every magnitude, and runs of zeros of every length.
  for (std::size_t i = 0; i < levels; ++i) {
    if (random() % 4 == 0) i += random() % (1 + random() % 300);
    if (i < levels) counts[i] = random() >> (random() % 64);
  }
  return counts;
}

std::string packed(const std::vector<std::uint64_t>& counts) {
  std::string out;
  append_packed_counts(out, counts);
  return out;
}

bool unpacks(const std::string& bytes, std::size_t levels) {
  std::vector<std::uint64_t> counts(levels);
  return parse_packed_counts(as_bytes(bytes), counts).has_value();
}

}  // namespace

TEST_SUITE("histograms as text") {
  TEST_CASE("the output of Python's json and any white space that JSON allows are accepted") {
    for (const char* separator : {",", ", ", " ,\t", "\r, "}) {
      const auto counts = parse_json_counts(zeros_but_last(255, separator, "7"), 256);
      REQUIRE(counts.has_value());
      CHECK(counts->size() == 256);
      CHECK(counts->back() == 7);
    }
    CHECK(parse_json_counts(" [ 1 , 2 ] \r", 2).has_value());
  }

  TEST_CASE("counts up to 2^64 - 1 are exact, and one more is refused") {
    CHECK(parse_json_counts("[18446744073709551615]", 1)->front() == kMax);
    CHECK_FALSE(parse_json_counts("[18446744073709551616]", 1).has_value());
    CHECK_FALSE(parse_json_counts("[99999999999999999999999999]", 1).has_value());
  }

  TEST_CASE("exactly 256 counts") {
    CHECK_FALSE(parse_json_counts(zeros_but_last(254, ",", "0"), 256).has_value());
    CHECK(parse_json_counts(zeros_but_last(255, ",", "0"), 256).has_value());
    CHECK_FALSE(parse_json_counts(zeros_but_last(256, ",", "0"), 256).has_value());
    CHECK_FALSE(parse_json_counts(zeros_but_last(60'000, ",", "0"), 256).has_value());
    CHECK(parse_json_counts(zeros_but_last(65'535, ",", "0"), 65'536).has_value());
  }

  TEST_CASE("anything but counts is refused") {
    for (const char* bad : {"-1", "-0", "+1", "1.0", "1.", "1e3", "0x1", "01", "00", "null", "true", "\"1\"", "[1]",
                            "NaN", "Infinity", "", " ", "1 2", "1\x01"}) {
      INFO(bad);
      CHECK_FALSE(parse_json_counts(fmt::format("[{}]", bad), 1).has_value());
      CHECK_FALSE(parse_json_counts(fmt::format("[0,{}]", bad), 2).has_value());
    }
    for (const char* bad : {"", "[", "]", "[]", "[,]", "[1,]", "[,1]", "[1", "1]", "1", "[1]]", "[1] 2", "{\"0\":1}",
                            "[1;2]", "[1,,2]", "[[1]"}) {
      INFO(bad);
      CHECK_FALSE(parse_json_counts(bad, 1).has_value());
    }
  }

  TEST_CASE("text truncated at any offset is refused") {
    const std::string text = zeros_but_last(255, ", ", "123");
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      CHECK_FALSE(parse_json_counts(std::string_view(text).substr(0, cut), 256).has_value());
    }
  }

  TEST_CASE("round trip") {
    for (unsigned seed = 0; seed < 20; ++seed) {
      const auto counts = random_counts(256, seed);
      std::string text;
      append_json_counts(text, counts);
      CHECK(text.find(' ') == std::string::npos);
      CHECK(parse_json_counts(text, 256).value() == counts);
    }
  }
}

TEST_SUITE("histograms as bytes") {
  TEST_CASE("exact bytes") {
    CHECK(packed({1}) == "\x01");
    CHECK(packed({127, 128}) == "\x7f\x80\x01");
    CHECK(packed({0}) == std::string("\x00\x00", 2));
    CHECK(packed({0, 0, 0, 5}) == std::string("\x00\x02\x05", 3));
    CHECK(packed({5, 0, 5}) == std::string("\x05\x00\x00\x05", 4));
    CHECK(packed({kMax}) == "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  }

  TEST_CASE("round trip within the size limit, and refused when truncated anywhere") {
    for (const std::size_t levels : {1, 2, 256, 65'536}) {
      for (unsigned seed = 0; seed < 10; ++seed) {
        const auto counts = random_counts(levels, seed);
        const std::string bytes = packed(counts);
        CHECK(bytes.size() <= max_packed_bytes(levels));
        std::vector<std::uint64_t> read(levels, 99);
        REQUIRE(parse_packed_counts(as_bytes(bytes), read).has_value());
        CHECK(read == counts);
        const std::size_t step = levels > 1000 ? 9973 : 1;
        for (std::size_t cut = 0; cut < bytes.size(); cut += step) CHECK_FALSE(unpacks(bytes.substr(0, cut), levels));
        CHECK_FALSE(unpacks(bytes + '\x01', levels));
        if (levels > 1) CHECK_FALSE(unpacks(bytes, levels - 1));
        CHECK_FALSE(unpacks(bytes, levels + 1));
      }
    }
  }

  TEST_CASE("the largest counts reach the size limit exactly") {
    CHECK(packed(std::vector<std::uint64_t>(256, kMax)).size() == max_packed_bytes(256));
  }

  TEST_CASE("only the canonical encoding is accepted") {
    CHECK(unpacks(std::string("\x00\x01", 2), 2));
    CHECK_FALSE(unpacks(std::string("\x81\x00", 2), 1));                      // 1, longer than necessary
    CHECK_FALSE(unpacks(std::string("\x80\x00", 2), 1));                      // 0, the same
    CHECK_FALSE(unpacks(std::string("\x00\x00\x00\x00", 4), 2));              // one run as two
    CHECK_FALSE(unpacks(std::string("\x00\x02", 2), 2));                      // a run past the end
    CHECK_FALSE(unpacks("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 1));      // 2^64 and more
    CHECK_FALSE(unpacks("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 1));  // 11 bytes
    CHECK_FALSE(unpacks(std::string("\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11), 3));  // a huge run
  }

  TEST_CASE("a histogram of another depth than requested is refused") {
    std::vector<std::uint64_t> bytes(256), words(65'536);
    HistResult text;
    text.counts.assign(256, 1);
    CHECK(read_counts(text, {}, bytes).has_value());
    CHECK_FALSE(read_counts(text, {}, words).has_value());
    HistResult binary{.bits = 16};
    const std::string body = packed(words);
    CHECK(read_counts(binary, as_bytes(body), words).has_value());
    CHECK_FALSE(read_counts(binary, as_bytes(body), bytes).has_value());
    CHECK_FALSE(read_counts(HistResult{}, {}, bytes).has_value());
  }
}

TEST_CASE("a sum that overflows is not the number of samples") {
  CHECK(sums_to(std::vector<std::uint64_t>{1, 2, 3}, 6));
  CHECK_FALSE(sums_to(std::vector<std::uint64_t>{1, 2, 3}, 5));
  CHECK_FALSE(sums_to(std::vector<std::uint64_t>{1, 2, 3}, 7));
  CHECK(sums_to(std::vector<std::uint64_t>{}, 0));
  CHECK_FALSE(sums_to(std::vector<std::uint64_t>{kMax, 7}, 6));
  CHECK(sums_to(std::vector<std::uint64_t>{kMax - 1, 1}, kMax));
}
