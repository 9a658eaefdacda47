#include <doctest/doctest.h>
#include <zlib.h>

#include <numeric>
#include <random>

#include "formats/png/deflate.hpp"
#include "formats/png/filter.hpp"
#include "formats/png/huffman.hpp"

using namespace ece465;
using namespace ece465::image;

namespace {

using Data = std::vector<std::byte>;

/// Numbers that are the same on all platforms.
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  unsigned operator()() { return static_cast<unsigned>(engine_()); }

 private:
  std::mt19937 engine_;
};

/// Unpacks concatenated parts with zlib.
Data inflated(const std::vector<Data>& parts, std::size_t size) {
  Data all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  Data out(size + 1);
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, -15) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(all.data());
  stream.avail_in = static_cast<uInt>(all.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  CHECK(result == Z_STREAM_END);
  CHECK(stream.avail_in == 0);
  out.resize(stream.total_out);
  return out;
}

Data part_of(Bytes bytes, bool last, bool by_zlib) {
  Buffer out;
  if (by_zlib) {
    REQUIRE(png::deflate_matches(bytes, 6, last, out));
  } else {
    png::deflate_runs(bytes, last, out);
  }
  return {out.span().begin(), out.span().end()};
}

/// A mixture of noise, runs of all lengths, few levels and one level.
Data mixture(std::size_t size, unsigned seed) {
  Random random(seed);
  Data data;
  while (data.size() < size) {
    const std::size_t n = 1 + random() % 900;
    const unsigned kind = random() % 4, level = random() % 256;
    for (std::size_t i = 0; i < n; ++i) {
      const unsigned value = kind == 0 ? random() : kind == 1 ? level : kind == 2 ? level + random() % 3 : 0;
      data.push_back(static_cast<std::byte>(value));
    }
  }
  data.resize(size);
  return data;
}

}  // namespace

TEST_SUITE("PNG compression") {
  TEST_CASE("concatenated parts are one stream, for all part sizes and both compressors") {
    const Data data = mixture(300'000, 1);
    for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{9}, std::size_t{1000},
                                   std::size_t{65536}, std::size_t{65537}, data.size()}) {
      CAPTURE(step);
      const Bytes some = Bytes(data).first(std::min(data.size(), step * 50));
      std::vector<Data> parts;
      for (std::size_t at = 0; at < some.size(); at += step) {
        const std::size_t n = std::min(step, some.size() - at);
        parts.push_back(part_of(some.subspan(at, n), at + n == some.size(), parts.size() % 3 == 2));
      }
      CHECK(inflated(parts, some.size()) == Data(some.begin(), some.end()));
    }
  }

  TEST_CASE("runs of every length are restored") {
    for (std::size_t length = 1; length < 800; ++length) {
      Data data = mixture(20, static_cast<unsigned>(length));
      data.insert(data.end(), length, std::byte{7});
      data.push_back(std::byte{8});
      CHECK(inflated({part_of(data, true, false)}, data.size()) == data);
    }
  }

  TEST_CASE("noise hardly grows, and a single level hardly takes space") {
    Random random(3);
    Data noise(1 << 20);
    for (auto& byte : noise) byte = static_cast<std::byte>(random());
    CHECK(part_of(noise, true, false).size() < noise.size() + noise.size() / 200);
    const Data flat(1 << 20, std::byte{5});
    CHECK(part_of(flat, true, false).size() < 12'000);
    CHECK(inflated({part_of(flat, true, false)}, flat.size()) == flat);
  }

  TEST_CASE("Huffman codes fill the code space, respect the limit, and are not shorter for rarer symbols") {
    Random random(5);
    for (unsigned trial = 0; trial < 300; ++trial) {
      std::vector<std::uint32_t> counts(2 + random() % 287);
      for (auto& n : counts) n = random() % 3 == 0 ? 0 : 1U << (random() % 25);  // skewed: limits matter
      counts[0] = counts.back() = 1;
      std::vector<png::Code> codes(counts.size());
      const unsigned limit = 9 + random() % 7;
      png::make_code(counts, limit, codes);
      std::uint32_t used = 0;
      for (std::size_t a = 0; a < counts.size(); ++a) {
        CHECK((codes[a].length != 0) == (counts[a] != 0));
        CHECK(codes[a].length <= limit);
        if (codes[a].length != 0) used += 1U << (limit - codes[a].length);
        const std::size_t b = random() % counts.size();
        if (counts[b] != 0 && counts[a] > counts[b]) CHECK(codes[a].length <= codes[b].length);
      }
      CHECK(used == 1U << limit);
    }
    std::vector<png::Code> one(3);
    png::make_code(std::vector<std::uint32_t>{0, 9, 0}, 15, one);
    CHECK(one[1].length == 1);
  }

  TEST_CASE("drawings have repeated strings, photographs do not") {
    Random random(7);
    Data photograph(100'000), drawing(100'000);
    unsigned level = 100;
    for (auto& byte : photograph) byte = static_cast<std::byte>(level += random() % 9 - 4);
    for (std::size_t i = 0; i < drawing.size(); ++i) drawing[i] = static_cast<std::byte>(i % 400 / 40 * 20);
    CHECK(png::percent_repeated(photograph) < 20);
    CHECK(png::percent_repeated(drawing) > 95);
    CHECK(png::percent_repeated({}) == 0);
  }
}

TEST_SUITE("PNG filters") {
  TEST_CASE("each kind of picture gets the best filter") {
    constexpr std::size_t kWidth = 600, kRows = 16;
    const auto choose = [&](auto level) {
      std::vector<std::byte> rows(kWidth * kRows);
      for (std::size_t y = 0; y < kRows; ++y) {
        for (std::size_t x = 0; x < kWidth; ++x) rows[y * kWidth + x] = static_cast<std::byte>(level(x, y));
      }
      return png::choose_filter({.data = rows.data(), .row_bytes = kWidth, .step = 1, .count = kRows});
    };
    Random random(9);
    std::vector<unsigned> column(kWidth), row(kRows);
    for (auto& v : column) v = random();
    for (auto& v : row) v = random();
    CHECK(choose([&](std::size_t x, std::size_t) { return column[x]; }) == png::Filter::up);
    CHECK(choose([&](std::size_t, std::size_t y) { return row[y]; }) == png::Filter::sub);
    CHECK(choose([&](std::size_t, std::size_t) { return random() % 2 * 100 + random() % 2; }) == png::Filter::none);
  }
}
