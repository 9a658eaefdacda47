#include "ece465/text/tally.hpp"

#include <doctest/doctest.h>

#include <random>

#include "ece465/text/chunker.hpp"

using namespace ece465;
using namespace ece465::text;

namespace {

std::string read_all(const ByteSource& source, std::size_t step) {
  std::string all;
  Buffer piece(step);
  for (;;) {
    const auto n = source.read_at(all.size(), piece.span());
    REQUIRE(n);
    if (*n == 0) return all;
    all += as_text(piece.span().first(*n));
  }
}

/// Splits a text that arrives `step` bytes at a time.
std::vector<std::string> split(std::string_view text, Kind kind, std::size_t piece_bytes, std::size_t step) {
  TextLimits limits;
  limits.piece_bytes = piece_bytes;
  Chunker chunker(kind, limits);
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const auto room = chunker.prepare();
    REQUIRE(!room.empty());
    const std::size_t n = std::min({room.size(), text.size(), step});
    std::ranges::copy(as_bytes(text.substr(0, n)), room.begin());
    text.remove_prefix(n);
    auto piece = chunker.commit(n);
    REQUIRE(piece);
    if (*piece) pieces.emplace_back(as_text((*piece)->span()));
  }
  const auto rest = chunker.finish();
  REQUIRE(rest);
  if (*rest) pieces.emplace_back(as_text((*rest)->span()));
  return pieces;
}

Errc failure_of(const Result<void>& result) { return result ? Errc::internal : result.error().code; }

Errc check_failure(Kind kind, std::string_view piece, std::string_view result, Check check = Check::quick) {
  return failure_of(check_result(kind, piece, result, check));
}

constexpr std::string_view kPoem = "to be or not to be\n";
constexpr std::string_view kCounts = "2 be\n1 not\n1 or\n2 to\n";
constexpr std::string_view kLog = "a 10\nb -3\n\nc\nd 5\n";

}  // namespace

TEST_SUITE("text: tally") {
  TEST_CASE("a piece has one result, in byte order of the words") {
    CHECK(map_piece(Kind::wordcount, kPoem) == std::string(kCounts));
    CHECK(map_piece(Kind::wordcount, " \n\n ") == std::string());
    CHECK(map_piece(Kind::wordcount, "\xff b \x01 B b") == std::string("1 \x01\n1 B\n2 b\n1 \xff\n"));
    CHECK(map_piece(Kind::bytes, kLog) == std::string("15 4 2\n"));
    CHECK(map_piece(Kind::bytes, "") == std::string("0 0 0\n"));
    CHECK(map_piece(Kind::bytes, "a 18446744073709551615\nb 1\n").error().code == Errc::too_large);
  }

  TEST_CASE("the kinds have names") {
    for (const auto name : kKindNames) CHECK(kind_name(parse_kind(name).value()) == name);
    CHECK(!parse_kind("poetry"));
    CHECK(!parse_kind(""));
  }

  TEST_CASE("results add up to that of the whole text, wherever it is split") {
    std::mt19937 random(465);
    for (int round = 0; round < 40; ++round) {
      std::string text;
      while (text.size() < 3000) {
        text.append(random() % (random() % 9 == 0 ? 90 : 6), static_cast<char>('a' + random() % 4));
        text += random() % 4 == 0 ? " 12\n" : " ";
      }
      for (const Kind kind : {Kind::wordcount, Kind::bytes}) {
        const std::size_t piece_bytes = 1 + random() % 200, step = 1 + random() % 300;
        Tally sum(kind), counted(kind);
        std::string together;
        for (const auto& piece : split(text, kind, piece_bytes, step)) {
          together += piece;
          CHECK((piece.ends_with('\n') || (kind == Kind::wordcount && piece.ends_with(' ')) ||
                 together.size() == text.size()));
          const auto result = map_piece(kind, piece);
          REQUIRE(result);
          CHECK(result->size() <= max_result_bytes(piece.size()));
          CHECK(check_result(kind, piece, *result, Check::quick));
          CHECK(check_result(kind, piece, *result, Check::full));
          CHECK(sum.add(*result));
          CHECK(counted.count(piece));
        }
        CHECK(together == text);
        const auto whole = map_piece(kind, text);
        REQUIRE(whole);
        CHECK(read_all(*result_source(std::move(sum)), 1 + random() % 50) == *whole);
        CHECK(read_all(*result_source(std::move(counted)), 10'000) == *whole);
      }
    }
  }

  TEST_CASE("a result as a source: its size is known, and any part can be read again") {
    Tally tally(Kind::wordcount);
    REQUIRE(tally.count(kPoem));
    const auto source = result_source(std::move(tally));
    CHECK(source->size() == kCounts.size());
    for (std::size_t from = 0; from <= kCounts.size(); ++from) {
      for (const std::size_t at : {from, kCounts.size() - from}) {
        Buffer part(kCounts.size());
        const auto n = source->read_at(at, part.span());
        REQUIRE(n);
        CHECK(as_text(part.span().first(*n)) == kCounts.substr(at));
      }
    }
  }

  TEST_CASE("invalid results are refused") {
    for (const std::string_view wrong :
         {"2 be", "be 2\n", "0 be\n", "02 be\n", "+2 be\n", "-2 be\n", "2be\n", "2 \n", "2\n", " 2 be\n", "2 be or\n",
          "2  be\n", "\n", "18446744073709551616 be\n", "2 be\n\n"}) {
      CAPTURE(wrong);
      Tally tally(Kind::wordcount);
      CHECK(failure_of(tally.add(wrong)) == Errc::corrupt);
    }
    for (const std::string_view wrong : {"1 2", "1 2 3 4\n", "1 2 3\n", "1 2\n", "1 2 \n", " 1 2 0\n", "1  0\n",
                                         "01 2 0\n", "1 2 -1\n", "x 2 0\n", "\n"}) {
      CAPTURE(wrong);
      Tally tally(Kind::bytes);
      CHECK(failure_of(tally.add(wrong)) == Errc::corrupt);
    }
    // Counts whose sum overflows.
    Tally tally(Kind::wordcount);
    CHECK(failure_of(tally.add("18446744073709551615 a\n1 a\n")) == Errc::corrupt);
  }

  TEST_CASE("a result that cannot belong to the piece is refused") {
    CHECK(check_result(Kind::wordcount, kPoem, kCounts, Check::quick));
    for (const std::string_view wrong :
         {"2 be\n1 not\n1 or\n1 to\n", "2 be\n1 not\n1 or\n3 to\n", "2 be\n1 or\n1 not\n2 to\n",
          "2 be\n2 be\n1 not\n1 or\n", "", "2 be\n1 not\n1 or\n2 to", "garbage\n", "6 be\n", "13 b\n",
          "18446744073709551615 be\n"}) {
      CAPTURE(wrong);
      CHECK(check_failure(Kind::wordcount, kPoem, wrong) == Errc::corrupt);
      CHECK(check_failure(Kind::wordcount, kPoem, wrong, Check::full) == Errc::corrupt);
    }
    // Another word of the same length passes the quick check, but not the full one.
    CHECK(check_result(Kind::wordcount, kPoem, "2 be\n1 nut\n1 or\n2 to\n", Check::quick));
    CHECK(check_failure(Kind::wordcount, kPoem, "2 be\n1 nut\n1 or\n2 to\n", Check::full) == Errc::corrupt);
    CHECK(check_result(Kind::bytes, kLog, "15 4 2\n", Check::quick));
    CHECK(check_failure(Kind::bytes, kLog, "16 4 2\n") == Errc::corrupt);
    CHECK(check_failure(Kind::bytes, kLog, "") == Errc::corrupt);
  }

  TEST_CASE("a result that arrives in parts") {
    for (std::size_t step = 1; step <= kCounts.size(); ++step) {
      Tally tally(Kind::wordcount);
      ResultReader reader(tally);
      for (std::size_t at = 0; at < kCounts.size(); at += step) {
        CHECK(reader.add(kCounts.substr(at, step)));
        CHECK(reader.end().has_value() == (kCounts[std::min(at + step, kCounts.size()) - 1] == '\n'));
      }
      CHECK(read_all(*result_source(std::move(tally)), 100) == kCounts);
    }
    Tally none(Kind::bytes);
    CHECK(failure_of(ResultReader(none).end()) == Errc::corrupt);
    Tally twice(Kind::bytes);
    ResultReader reader(twice);
    CHECK(reader.add("1 1 0\n1 1 0\n"));
    CHECK(failure_of(reader.end()) == Errc::corrupt);
  }

  TEST_CASE("a line without an end is not buffered for ever") {
    TextLimits limits;
    limits.max_word_bytes = 100;
    limits.piece_bytes = 30;
    Tally tally(Kind::wordcount);
    ResultReader reader(tally, limits);
    Result<void> taken;
    int pieces = 0;
    for (; taken && pieces < 100; ++pieces) taken = reader.add("1234567890");
    CHECK(failure_of(taken) == Errc::corrupt);
    CHECK(pieces < 20);
  }

  TEST_CASE("pieces have the given size, and only long words make longer ones") {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += i % 7 == 0 ? "word\n" : "w ";
    for (const auto& piece : split(text, Kind::wordcount, 100, 17)) CHECK(piece.size() <= 100);
    const std::string word(1000, 'x');
    const auto pieces = split("a b " + word + " c d", Kind::wordcount, 100, 1000);
    CHECK(pieces.size() >= 2);
    CHECK(pieces.front() == "a b ");
    CHECK(split("", Kind::wordcount, 100, 1).empty());
    CHECK(split(word, Kind::bytes, 10, 3) == std::vector{word});
  }

  TEST_CASE("a word over the limit is refused, and no more than the limit is buffered") {
    TextLimits limits;
    limits.piece_bytes = 16;
    limits.max_word_bytes = 1000;
    for (const Kind kind : {Kind::wordcount, Kind::bytes}) {
      Chunker chunker(kind, limits);
      std::size_t taken = 0;
      Result<std::optional<Buffer>> put = std::optional<Buffer>();
      while (put && taken < 10'000) {
        const auto room = chunker.prepare();
        CHECK(room.size() <= 1000 + 16);
        std::ranges::fill(room, std::byte{'x'});
        taken += room.size();
        put = chunker.commit(room.size());
      }
      REQUIRE(!put);
      CHECK(put.error().code == Errc::too_large);
      CHECK(put.error().text() == fmt::format("a {} of more than 1000 bytes", kind == Kind::bytes ? "line" : "word"));
      CHECK(taken <= 1000 + 16);
    }
  }

  TEST_CASE("the last word is checked against the limit, too") {
    TextLimits limits;
    limits.piece_bytes = 100;
    limits.max_word_bytes = 30;
    Chunker chunker(Kind::wordcount, limits);
    std::ranges::fill(chunker.prepare().first(31), std::byte{'x'});
    REQUIRE(chunker.commit(31));
    const auto rest = chunker.finish();
    REQUIRE(!rest);
    CHECK(rest.error().code == Errc::too_large);
  }

  TEST_CASE("the memory that more words take is predicted") {
    Tally tally(Kind::wordcount);
    const auto before = tally.memory_bytes(0);
    CHECK(tally.memory_bytes(1'000'000) >= 2'000'000 * 32);
    std::string words;
    for (int i = 0; i < 10'000; ++i) words += fmt::format("{} ", i);
    const auto foretold = tally.memory_bytes(10'000);
    CHECK(foretold > before);
    REQUIRE(tally.count(words));
    CHECK(tally.memory_bytes(0) == foretold);
    REQUIRE(tally.count(std::string(100'000, 'x')));
    CHECK(tally.memory_bytes(0) >= foretold + 100'000);
  }
}
