#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "ece465/base/bytes.hpp"

namespace ece465::text {

/// Words and how often each came. A word is what stands between blanks and newlines, whatever its other bytes: what
/// `tr ' ' '\n' | grep -v '^$'` makes a line of.
///
/// Memory grows with the distinct words, not with the text: 32 bytes for each, twice that while the table is at most
/// half full, and the letters of those longer than 16.
class WordTable {
 public:
  WordTable();

  struct Entry {
    std::string_view word;
    std::uint64_t count = 0;
  };

  /// Counts the words of `bytes`. Those at its ends are taken as whole.
  void count(std::string_view bytes);
  void add(std::string_view word, std::uint64_t count);
  /// Adds all of another.
  void merge(const WordTable& other);

  [[nodiscard]] std::size_t distinct() const { return used_; }
  [[nodiscard]] std::uint64_t total() const;
  /// Memory that it would take up with so many distinct words more, but for the letters of long ones among these.
  [[nodiscard]] std::uint64_t memory_bytes(std::size_t more_words) const;
  /// All entries, ordered by the words' bytes, as `LC_ALL=C sort` does it. Words stay valid while the table does and
  /// nothing is added.
  [[nodiscard]] std::vector<Entry> sorted() const;
  /// The `limit` most frequent, the frequent first, words of one count by their bytes.
  [[nodiscard]] std::vector<Entry> top(std::size_t limit) const;
  /// In no order.
  void each(const std::function<void(std::string_view word, std::uint64_t count)>& visit) const;

 private:
  /// The first sixteen bytes of a word stand in the slot itself: most words are no longer, and one comparison of
  /// two numbers is all that a lookup takes.
  struct Slot {
    std::uint64_t head = 0;   ///< bytes 0 to 7, zeros behind
    std::uint64_t tail = 0;   ///< bytes 8 to 15; of longer words: where all its bytes are
    std::uint64_t count = 0;  ///< 0: free
    std::uint32_t length = 0;
    std::uint32_t hash = 0;
  };
  static constexpr std::uint32_t kInline = 16;

  [[nodiscard]] std::string_view word_of(const Slot& slot) const;
  void add_short(std::uint64_t head, std::uint64_t tail, std::uint32_t length, std::uint64_t count);
  void add_long(std::string_view word, std::uint64_t count);
  [[nodiscard]] std::uint64_t keep(std::string_view word);
  void grow();

  std::uint64_t seed_;
  std::vector<Slot> slots_;
  std::size_t mask_;
  std::size_t used_ = 0;
  std::vector<std::unique_ptr<char[]>> letters_;  // of long words; blocks never move
  std::size_t room_ = 0;                          // left in the last block
  std::uint64_t letter_bytes_ = 0;                // of all blocks
};

}  // namespace ece465::text
