#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "ece465/base/bytes.hpp"

namespace ece465::text {

/// A hash table of words and their counts. A word is a sequence of any bytes except blanks and newlines: a line of
/// `tr ' ' '\n' | grep -v '^$'`.
///
/// Memory grows with the number of distinct words, not with the text: a slot of 32 bytes for each, in a table that is
/// at most half full, and the bytes of words longer than 16.
class WordTable {
 public:
  WordTable();

  struct Entry {
    std::string_view word;
    std::uint64_t count = 0;
  };

  /// Counts the words of `bytes`, which must not start or end inside a word.
  void count(std::string_view bytes);
  void add(std::string_view word, std::uint64_t count);
  /// Adds all words of another table.
  void merge(const WordTable& other);

  [[nodiscard]] std::size_t distinct() const { return used_; }
  [[nodiscard]] std::uint64_t total() const;
  /// Memory use after adding `more_words` distinct words, without the bytes of long ones among them.
  [[nodiscard]] std::uint64_t memory_bytes(std::size_t more_words) const;
  /// All entries in byte order of the words, like `LC_ALL=C sort`. The words are valid until the table is changed or
  /// destroyed.
  [[nodiscard]] std::vector<Entry> sorted() const;
  /// The `limit` most frequent words, in descending order of counts; words with the same count in byte order.
  [[nodiscard]] std::vector<Entry> top(std::size_t limit) const;
  /// Visits all entries in arbitrary order.
  void each(const std::function<void(std::string_view word, std::uint64_t count)>& visit) const;

 private:
  /// Words of up to sixteen bytes, which most are, are stored in the slot itself, so that a lookup compares two
  /// numbers.
  struct Slot {
    std::uint64_t head = 0;   ///< bytes 0 to 7, padded with zeros
    std::uint64_t tail = 0;   ///< bytes 8 to 15; for longer words the address of all bytes
    std::uint64_t count = 0;  ///< 0: empty slot
    std::uint32_t length = 0;
    std::uint32_t hash = 0;
  };
  static constexpr std::uint32_t kInline = 16;

  [[nodiscard]] std::string_view word_of(const Slot& slot) const;
  void add_short(std::uint64_t head, std::uint64_t tail, std::uint32_t length, std::uint64_t count);
  void add_long(std::string_view word, std::uint64_t count);
  /// Copies a long word to a block; returns its address.
  [[nodiscard]] std::uint64_t store(std::string_view word);
  void grow();

  std::uint64_t seed_;
  std::vector<Slot> slots_;
  std::size_t mask_;
  std::size_t used_ = 0;
  std::vector<std::unique_ptr<char[]>> blocks_;  // the bytes of long words
  std::size_t block_free_ = 0;                   // of the last block
  std::uint64_t block_bytes_ = 0;                // of all blocks
};

}  // namespace ece465::text
