#include "ece465/text/map_reduce.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>

using namespace ece465;
using namespace ece465::text;

namespace {

std::map<std::string, std::uint64_t> expected_counts(std::string_view text) {
  std::map<std::string, std::uint64_t> counts;
  std::string word;
  for (const char c : std::string(text) + "\n") {
    if (c != ' ' && c != '\n') {
      word += c;
    } else if (!word.empty()) {
      ++counts[word];
      word.clear();
    }
  }
  return counts;
}

std::map<std::string, std::uint64_t> as_map(const WordTable& table) {
  std::map<std::string, std::uint64_t> counts;
  table.each([&](std::string_view word, std::uint64_t count) { counts[std::string(word)] += count; });
  return counts;
}

TextOptions in_pieces(std::size_t bytes, unsigned threads) {
  TextOptions options;
  options.threads = threads;
  options.limits.piece_bytes = bytes;
  return options;
}

std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    const std::size_t length = random() % 10 == 0 ? random() % 60 : random() % 9;
    for (std::size_t i = 0; i < length; ++i)
      text += static_cast<char>(random() % 3 == 0 ? random() : 'a' + random() % 3);
    text += random() % 5 == 0 ? '\n' : ' ';
  }
  return text;
}

}  // namespace

TEST_SUITE("text: word count") {
  TEST_CASE("blanks and newlines separate words") {
    WordTable table;
    table.count("the  cat\nthe\tdog \n\n the\r\n");
    const auto entries = table.sorted();
    REQUIRE(entries.size() == 4);
    CHECK(entries[0].word == "cat");
    CHECK(entries[1].word == "the");
    CHECK(entries[1].count == 1);
    CHECK(entries[2].word == "the\tdog");
    CHECK(entries[3].word == "the\r");
    CHECK(table.total() == 4);
  }

  TEST_CASE("words of every length, at every offset, next to every separator") {
    for (std::size_t length = 1; length <= 40; ++length) {
      for (std::size_t before = 0; before < 20; ++before) {
        const std::string word(length, 'w');
        for (const char separator : {' ', '\n'}) {
          WordTable table;
          table.count(std::string(before, separator) + word + separator + word + "x");
          const std::map<std::string, std::uint64_t> expected{{word, 1}, {word + "x", 1}};
          REQUIRE(as_map(table) == expected);
        }
      }
    }
  }

  TEST_CASE("words of any bytes, also zeros at their ends") {
    WordTable table;
    std::string text;
    for (int c = 0; c < 256; ++c) {
      if (c != ' ' && c != '\n') text += std::string(3, static_cast<char>(c)) + " ";
    }
    text += std::string("a\0 a a\0\0 ", 9);
    table.count(text);
    CHECK(table.distinct() == 254 + 3);
    CHECK(as_map(table) == expected_counts(text));
  }

  TEST_CASE("the counts do not depend on piece size and number of threads") {
    std::mt19937 random(7);
    for (int round = 0; round < 20; ++round) {
      const std::string text = random_text(random, 3000);
      const auto source = borrow_memory("text", as_bytes(text));
      for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U, 1000U, 100000U}) {
        for (const unsigned threads : {1U, 3U}) {
          const auto table = count_words(*source, in_pieces(piece, threads));
          REQUIRE(table.has_value());
          REQUIRE(as_map(*table) == expected_counts(text));
        }
      }
    }
  }

  TEST_CASE("files form one text, like the output of cat: a word may start in one and end in the next") {
    const std::string one = "alpha be", two = "ta gamma\n", three, four = "delta";
    const auto a = borrow_memory("a", as_bytes(one)), b = borrow_memory("b", as_bytes(two)),
               c = borrow_memory("c", as_bytes(three)), d = borrow_memory("d", as_bytes(four));
    const auto all = concatenate({a.get(), b.get(), c.get(), d.get()});
    CHECK(all->size() == one.size() + two.size() + four.size());
    for (const std::size_t piece : {1U, 5U, 100U}) {
      const auto table = count_words(*all, in_pieces(piece, 2));
      REQUIRE(table.has_value());
      CHECK(as_map(*table) == expected_counts(one + two + four));
    }
  }

  TEST_CASE("tables grow and merge, and are sorted by bytes") {
    WordTable one, two;
    for (int i = 0; i < 20000; ++i) {
      one.add(fmt::format("word-{}", i), 2);
      two.add(fmt::format("word-with-a-long-name-{}", i % 5000), 1);
      two.add(fmt::format("word-{}", i), 1);
    }
    one.merge(two);
    CHECK(one.distinct() == 25000);
    CHECK(one.total() == 80000);
    const auto entries = one.sorted();
    for (std::size_t i = 1; i < entries.size(); ++i) REQUIRE(entries[i - 1].word < entries[i].word);
    WordTable high;
    high.count("\xC3\xA9 z A a \x01");
    std::string order;
    for (const auto& entry : high.sorted()) order += std::string(entry.word) + "|";
    CHECK(order == "\x01|A|a|z|\xC3\xA9|");
  }

  TEST_CASE("the most frequent words come first, words with the same count in byte order") {
    WordTable table;
    table.count("b b b a a c c d");
    const auto top = table.top(3);
    REQUIRE(top.size() == 3);
    CHECK(top[0].word == "b");
    CHECK(top[1].word == "a");
    CHECK(top[2].word == "c");
    CHECK(table.top(100).size() == 4);
  }

  TEST_CASE("an empty text, separators only, one endless word") {
    for (const std::string& text : {std::string(), std::string(" \n \n")}) {
      const auto source = borrow_memory("text", as_bytes(text));
      const auto table = count_words(*source, in_pieces(2, 2));
      REQUIRE(table.has_value());
      CHECK(table->distinct() == 0);
    }
    const std::string endless(100'000, 'x');
    const auto source = borrow_memory("text", as_bytes(endless));
    CHECK(count_words(*source, in_pieces(1000, 2))->distinct() == 1);
    TextOptions options = in_pieces(1000, 1);
    options.limits.max_word_bytes = 5000;
    const auto refused = count_words(*source, options);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::too_large);
  }

  TEST_CASE("it can be cancelled, and reports progress") {
    const std::string text(1000, ' ');
    const auto source = borrow_memory("text", as_bytes(text));
    TextOptions options = in_pieces(300, 1);
    std::uint64_t done = 0;
    options.on_progress = [&](std::uint64_t bytes) { done += bytes; };
    CHECK(count_words(*source, options).has_value());
    CHECK(done == 1000);
    options.is_cancelled = [] { return true; };
    const auto stopped = count_words(*source, options);
    REQUIRE_FALSE(stopped.has_value());
    CHECK(stopped.error().code == Errc::cancelled);
  }
}

TEST_SUITE("text: bytes") {
  TEST_CASE("the second column is added up, errors and negative values count as 0") {
    const auto total = total_bytes(
        "10.0.0.1 1024\n"
        "10.0.0.2 -50\n"
        "10.0.0.3 error\n"
        "10.0.0.4\t\t4000  more\n"
        "10.0.0.5\n"
        "\n"
        "10.0.0.6 1.5\n"
        "10.0.0.7 330");
    REQUIRE(total.has_value());
    CHECK(total->bytes == 5354);
    CHECK(total->lines == 7);
    CHECK(total->ignored == 4);
  }

  TEST_CASE("lines are counted whole wherever the log is split") {
    std::string log;
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < 500; ++i) {
      log += fmt::format("host-{} {}\n", i % 7, i * i);
      sum += i * i;
    }
    const auto source = borrow_memory("log", as_bytes(log));
    for (const std::size_t piece : {1U, 3U, 10U, 64U, 100000U}) {
      const auto total = total_bytes(*source, in_pieces(piece, 3));
      REQUIRE(total.has_value());
      CHECK(total->bytes == sum);
      CHECK(total->lines == 500);
    }
  }

  TEST_CASE("a total over 64 bits is an error, not a wrong number") {
    CHECK(total_bytes("a 18446744073709551615\n")->bytes == 18446744073709551615U);
    const auto total = total_bytes("a 18446744073709551615\nb 1\n");
    REQUIRE_FALSE(total.has_value());
    CHECK(total.error().code == Errc::too_large);
    CHECK(total_bytes("a 99999999999999999999\n")->ignored == 1);
  }
}
