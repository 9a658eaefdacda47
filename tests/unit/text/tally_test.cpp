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

/// Cuts a text that comes `step` bytes at a time.
std::vector<std::string> cut(std::string_view text, Kind kind, std::size_t piece_bytes, std::size_t step) {
  TextLimits limits;
  limits.piece_bytes = piece_bytes;
  Chunker cutter(kind, limits);
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const auto room = cutter.room();
    REQUIRE(!room.empty());
    const std::size_t n = std::min({room.size(), text.size(), step});
    std::ranges::copy(as_bytes(text.substr(0, n)), room.begin());
    text.remove_prefix(n);
    auto piece = cutter.put(n);
    REQUIRE(piece);
    if (*piece) pieces.emplace_back(as_text((*piece)->span()));
  }
  const auto rest = cutter.rest();
  REQUIRE(rest);
  if (*rest) pieces.emplace_back(as_text((*rest)->span()));
  return pieces;
}

Errc failure_of(const Result<void>& result) { return result ? Errc::internal : result.error().code; }

Errc check(Kind kind, std::string_view piece, std::string_view result, Look look = Look::quick) {
  return failure_of(check_result(kind, piece, result, look));
}

constexpr std::string_view kPoem = "to be or not to be\n";
constexpr std::string_view kCounts = "2 be\n1 not\n1 or\n2 to\n";
constexpr std::string_view kLog = "a 10\nb -3\n\nc\nd 5\n";

}  // namespace

TEST_SUITE("text: tally") {
  TEST_CASE("a piece has one result, in the order of the words' bytes") {
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

  TEST_CASE("results add up to what the whole text counts, wherever it is cut") {
    std::mt19937 chance(465);
    for (int round = 0; round < 40; ++round) {
      std::string text;
      while (text.size() < 3000) {
        text.append(chance() % (chance() % 9 == 0 ? 90 : 6), static_cast<char>('a' + chance() % 4));
        text += chance() % 4 == 0 ? " 12\n" : " ";
      }
      for (const Kind kind : {Kind::wordcount, Kind::bytes}) {
        const std::size_t piece_bytes = 1 + chance() % 200, step = 1 + chance() % 300;
        Tally sum(kind), counted(kind);
        std::string together;
        for (const auto& piece : cut(text, kind, piece_bytes, step)) {
          together += piece;
          CHECK((piece.ends_with('\n') || (kind == Kind::wordcount && piece.ends_with(' ')) ||
                 together.size() == text.size()));
          const auto result = map_piece(kind, piece);
          REQUIRE(result);
          CHECK(result->size() <= max_result_bytes(piece.size()));
          CHECK(check_result(kind, piece, *result, Look::quick));
          CHECK(check_result(kind, piece, *result, Look::whole));
          CHECK(sum.add(*result));
          CHECK(counted.count(piece));
        }
        CHECK(together == text);
        const auto whole = map_piece(kind, text);
        REQUIRE(whole);
        CHECK(read_all(*result_source(std::move(sum)), 1 + chance() % 50) == *whole);
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

  TEST_CASE("what is no result is none") {
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
    // Counts that would wrap around, however often the word comes.
    Tally tally(Kind::wordcount);
    CHECK(failure_of(tally.add("18446744073709551615 a\n1 a\n")) == Errc::corrupt);
  }

  TEST_CASE("a result that cannot be the piece's is told from one that can") {
    CHECK(check_result(Kind::wordcount, kPoem, kCounts, Look::quick));
    for (const std::string_view wrong :
         {"2 be\n1 not\n1 or\n1 to\n", "2 be\n1 not\n1 or\n3 to\n", "2 be\n1 or\n1 not\n2 to\n",
          "2 be\n2 be\n1 not\n1 or\n", "", "2 be\n1 not\n1 or\n2 to", "garbage\n", "6 be\n", "13 b\n",
          "18446744073709551615 be\n"}) {
      CAPTURE(wrong);
      CHECK(check(Kind::wordcount, kPoem, wrong) == Errc::corrupt);
      CHECK(check(Kind::wordcount, kPoem, wrong, Look::whole) == Errc::corrupt);
    }
    // One word for another of its length passes the quick look, and nothing but that.
    CHECK(check_result(Kind::wordcount, kPoem, "2 be\n1 nut\n1 or\n2 to\n", Look::quick));
    CHECK(check(Kind::wordcount, kPoem, "2 be\n1 nut\n1 or\n2 to\n", Look::whole) == Errc::corrupt);
    CHECK(check_result(Kind::bytes, kLog, "15 4 2\n", Look::quick));
    CHECK(check(Kind::bytes, kLog, "16 4 2\n") == Errc::corrupt);
    CHECK(check(Kind::bytes, kLog, "") == Errc::corrupt);
  }

  TEST_CASE("a result that comes bit by bit") {
    for (std::size_t step = 1; step <= kCounts.size(); ++step) {
      Tally tally(Kind::wordcount);
      ResultReader reader(tally);
      for (std::size_t at = 0; at < kCounts.size(); at += step) {
        CHECK(reader.take(kCounts.substr(at, step)));
        CHECK(reader.end().has_value() == (kCounts[std::min(at + step, kCounts.size()) - 1] == '\n'));
      }
      CHECK(read_all(*result_source(std::move(tally)), 100) == kCounts);
    }
    Tally none(Kind::bytes);
    CHECK(failure_of(ResultReader(none).end()) == Errc::corrupt);
    Tally twice(Kind::bytes);
    ResultReader reader(twice);
    CHECK(reader.take("1 1 0\n1 1 0\n"));
    CHECK(failure_of(reader.end()) == Errc::corrupt);
  }

  TEST_CASE("a line without an end is not collected for ever") {
    TextLimits limits;
    limits.max_word_bytes = 100;
    limits.piece_bytes = 30;
    Tally tally(Kind::wordcount);
    ResultReader reader(tally, limits);
    Result<void> taken;
    int pieces = 0;
    for (; taken && pieces < 100; ++pieces) taken = reader.take("1234567890");
    CHECK(failure_of(taken) == Errc::corrupt);
    CHECK(pieces < 20);
  }

  TEST_CASE("pieces of the size that was asked for, and longer ones for long words only") {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += i % 7 == 0 ? "word\n" : "w ";
    for (const auto& piece : cut(text, Kind::wordcount, 100, 17)) CHECK(piece.size() <= 100);
    const std::string word(1000, 'x');
    const auto pieces = cut("a b " + word + " c d", Kind::wordcount, 100, 1000);
    CHECK(pieces.size() >= 2);
    CHECK(pieces.front() == "a b ");
    CHECK(cut("", Kind::wordcount, 100, 1).empty());
    CHECK(cut(word, Kind::bytes, 10, 3) == std::vector{word});
  }

  TEST_CASE("a word beyond the limit is too large, and not more than that is held") {
    TextLimits limits;
    limits.piece_bytes = 16;
    limits.max_word_bytes = 1000;
    for (const Kind kind : {Kind::wordcount, Kind::bytes}) {
      Chunker cutter(kind, limits);
      std::size_t taken = 0;
      Result<std::optional<Buffer>> put = std::optional<Buffer>();
      while (put && taken < 10'000) {
        const auto room = cutter.room();
        CHECK(room.size() <= 1000 + 16);
        std::ranges::fill(room, std::byte{'x'});
        taken += room.size();
        put = cutter.put(room.size());
      }
      REQUIRE(!put);
      CHECK(put.error().code == Errc::too_large);
      CHECK(put.error().text() == fmt::format("a {} of more than 1000 bytes", kind == Kind::bytes ? "line" : "word"));
      CHECK(taken <= 1000 + 16);
    }
  }

  TEST_CASE("the last word is held against the limit, too") {
    TextLimits limits;
    limits.piece_bytes = 100;
    limits.max_word_bytes = 30;
    Chunker cutter(Kind::wordcount, limits);
    std::ranges::fill(cutter.room().first(31), std::byte{'x'});
    REQUIRE(cutter.put(31));
    const auto rest = cutter.rest();
    REQUIRE(!rest);
    CHECK(rest.error().code == Errc::too_large);
  }

  TEST_CASE("memory that more words would take is known before they come") {
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
