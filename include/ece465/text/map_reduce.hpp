#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "ece465/base/byte_source.hpp"
#include "ece465/base/result.hpp"
#include "ece465/text/word_table.hpp"

/// The two classic examples of map-reduce, on local threads: the text is split into pieces, each thread counts pieces
/// into its own table (or sum), and the tables are merged.

namespace ece465::text {

struct TextLimits {
  /// One word or line, which must fit in memory: a file without any delimiter is refused.
  std::uint64_t max_word_bytes = std::uint64_t{64} << 20;
  /// How much a thread reads at a time.
  std::size_t piece_bytes = std::size_t{1} << 20;
};

struct TextOptions {
  unsigned threads = 1;
  TextLimits limits;
  /// Called on any thread, with the number of further bytes that were processed. May be empty.
  std::function<void(std::uint64_t bytes)> on_progress{};
  /// Called before each piece, on any thread; true ends the run with `cancelled`. May be empty.
  std::function<bool()> is_cancelled{};
};

/// Several sources as one, without anything between them, like `cat`. The caller keeps them alive.
[[nodiscard]] std::unique_ptr<ByteSource> concatenate(std::vector<const ByteSource*> sources);

/// Counts the words of a text. Fails with `too_large` for a word over the limit, and with read errors.
[[nodiscard]] Result<WordTable> count_words(const ByteSource& text, const TextOptions& options);

struct ByteTotal {
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t ignored = 0;  ///< lines that count as 0: no second column, not a number, negative

  /// Fails with `too_large` if the sum exceeds 64 bits.
  [[nodiscard]] Result<void> add(const ByteTotal& other);
};
/// Adds up the second column of a log. Blanks separate columns; values that are negative or not whole numbers count as
/// 0. Fails with `too_large` if the total exceeds 64 bits, and like `count_words`.
[[nodiscard]] Result<ByteTotal> total_bytes(const ByteSource& log, const TextOptions& options);
/// The same for whole lines in memory.
[[nodiscard]] Result<ByteTotal> total_bytes(std::string_view lines);

}  // namespace ece465::text
