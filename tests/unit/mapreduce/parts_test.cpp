#include <doctest/doctest.h>

#include "ece465/mapreduce/splitter.hpp"
#include "throughput_estimate.hpp"
#include "ranking.hpp"

using namespace ece465;
using namespace ece465::mapreduce;
using namespace std::chrono_literals;

TEST_SUITE("ranking") {
  TEST_CASE("keys stand in the order of their ranks, and move with them") {
    Ranking<WorkerId, int> ranking;
    ranking.put(WorkerId{1}, 30);
    ranking.put(WorkerId{2}, 20);
    ranking.put(WorkerId{3}, 10);
    CHECK(ranking.first()->key == WorkerId{3});
    CHECK(ranking.last()->key == WorkerId{1});
    ranking.put(WorkerId{3}, 40);
    CHECK(ranking.first()->key == WorkerId{2});
    CHECK(ranking.last()->key == WorkerId{3});
    CHECK(ranking.size() == 3);
    ranking.remove(WorkerId{2});
    ranking.remove(WorkerId{2});
    CHECK(ranking.first()->key == WorkerId{1});
    CHECK(ranking.rank_of(WorkerId{3}) == 40);
    CHECK_FALSE(ranking.rank_of(WorkerId{2}).has_value());
  }

  TEST_CASE("equal ranks stand in the order of their keys") {
    Ranking<WorkerId, int> ranking;
    ranking.put(WorkerId{9}, 1);
    ranking.put(WorkerId{4}, 1);
    CHECK(ranking.first()->key == WorkerId{4});
    CHECK(ranking.first_besides(WorkerId{4})->key == WorkerId{9});
    CHECK(ranking.first_besides(WorkerId{9})->key == WorkerId{4});
    CHECK_FALSE(ranking.first_above(1).has_value());
    CHECK(ranking.first_above(0)->key == WorkerId{4});
  }
}

TEST_SUITE("pace") {
  TEST_CASE("is learnt from what was seen, and knows nothing before") {
    ThroughputEstimate pace;
    CHECK_FALSE(pace.known());
    CHECK(pace.expect(1000) == 0ns);
    pace.learn(1000, 1s);
    CHECK(pace.expect(500) == 500ms);
    for (int i = 0; i < 50; ++i) pace.learn(1000, 2s);
    CHECK(pace.bytes_per_second() == doctest::Approx(500).epsilon(0.01));
  }

  TEST_CASE("one straggler does not change what is usual by much") {
    ThroughputEstimate pace;
    pace.learn(1000, 1s);
    pace.learn(1000, 1h);
    CHECK(pace.expect(1000) < 2s);
  }

  TEST_CASE("no time and no bytes do no harm") {
    ThroughputEstimate pace;
    pace.learn(0, 0s);
    CHECK(pace.known());
    CHECK(pace.expect(UINT64_MAX) <= 24h);
  }
}

TEST_SUITE("splitter") {
  TEST_CASE("strips are about a megabyte, of full rows, all of nearly one size") {
    const auto strips = split_page({.width = 8000, .height = 6000}).value();
    CHECK(strips.size() == 46);
    std::uint32_t next = 0;
    for (const auto& strip : strips) {
      CHECK(strip.first_row == next);
      CHECK(strip.bytes == std::uint64_t{strip.rows} * 8000);
      CHECK(strip.bytes <= kStripBytes);
      next += strip.rows;
    }
    CHECK(next == 6000);
    CHECK(strips.back().rows > strips.front().rows / 2);
  }

  TEST_CASE("16-bit rows count twice") {
    const auto strips = split_page({.width = 1000, .height = 2000, .sample_bytes = 2}, 100'000).value();
    CHECK(strips.front().rows == 50);
    CHECK(strips.front().bytes == 100'000);
  }

  TEST_CASE("a small page is one strip, and so is a row larger than a strip") {
    CHECK(split_page({.width = 10, .height = 10}).value() ==
          std::vector<ImageStrip>{{.plane = 0, .first_row = 0, .rows = 10, .bytes = 100}});
    const auto wide = split_page({.width = 3'000'000, .height = 3}).value();
    CHECK(wide.size() == 3);
    CHECK(wide[1] == ImageStrip{.plane = 0, .first_row = 1, .rows = 1, .bytes = 3'000'000});
  }

  TEST_CASE("blocks that decode as one stay together") {
    const auto strips = split_page({.width = 100, .height = 1000, .rows_together = 16}, 5'000).value();
    for (const auto& strip : strips) CHECK(strip.first_row % 16 == 0);
    CHECK(strips.size() == 21);
    CHECK(strips.back().first_row + strips.back().rows == 1000);
  }

  TEST_CASE("several planes are cut alike, all planes of some rows before the next rows") {
    const auto strips = split_page({.width = 100, .height = 40, .planes = 3}, 2'000).value();
    REQUIRE(strips.size() == 6);
    CHECK(strips[2] == ImageStrip{.plane = 2, .first_row = 0, .rows = 20, .bytes = 2'000});
    CHECK(strips[3] == ImageStrip{.plane = 0, .first_row = 20, .rows = 20, .bytes = 2'000});
  }

  TEST_CASE("shapes that make no sense, or too many strips, are refused") {
    CHECK(split_page({.width = 0, .height = 5}).error().code == Errc::usage);
    CHECK(split_page({.width = 1, .height = 1, .rows_together = 0}).error().code == Errc::usage);
    CHECK(split_page({.width = 1, .height = 4'000'000'000}, 1).error().code == Errc::too_large);
    CHECK(split_page({.width = UINT32_MAX, .height = UINT32_MAX, .sample_bytes = 2}).error().code == Errc::too_large);
  }

  TEST_CASE("text is cut where the finder says") {
    const std::string text = "one two three four five six";
    const BoundaryFinder spaces = [&](std::uint32_t, std::uint64_t from) -> Result<std::uint64_t> {
      const auto at = text.find(' ', from - 1);
      return at == std::string::npos ? text.size() : at + 1;
    };
    const std::uint64_t sizes[] = {text.size()};
    std::string joined;
    const auto chunks = split_text(sizes, spaces, 6).value();
    for (const auto& chunk : chunks) {
      const auto part = text.substr(chunk.offset, chunk.bytes);
      CHECK((part.back() == ' ' || chunk.offset + chunk.bytes == text.size()));
      joined += part;
    }
    CHECK(joined == text);
    CHECK(chunks.size() == 4);
  }

  TEST_CASE("a word longer than a chunk makes a longer chunk, empty files give none, and each file is cut by itself") {
    const BoundaryFinder end = [](std::uint32_t, std::uint64_t) -> Result<std::uint64_t> { return UINT64_MAX; };
    const std::uint64_t sizes[] = {0, 1000, 0, 5};
    CHECK(split_text(sizes, end, 10).value() ==
          std::vector<TextChunk>{{.file = 1, .offset = 0, .bytes = 1000}, {.file = 3, .offset = 0, .bytes = 5}});
  }

  TEST_CASE("a finder that fails, or that never moves, ends well") {
    const std::uint64_t sizes[] = {100};
    const BoundaryFinder broken = [](std::uint32_t, std::uint64_t) -> Result<std::uint64_t> {
      return fail(Errc::bad_input, "cannot read");
    };
    CHECK(split_text(sizes, broken, 10).error().code == Errc::bad_input);
    const BoundaryFinder stuck = [](std::uint32_t, std::uint64_t) -> Result<std::uint64_t> { return 0; };
    CHECK(split_text(sizes, stuck, 10).value().size() == 10);
  }
}
