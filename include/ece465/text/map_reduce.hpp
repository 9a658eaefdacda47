#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "ece465/base/byte_source.hpp"
#include "ece465/base/result.hpp"
#include "ece465/text/word_table.hpp"

/// The two classic examples of map-reduce, on local threads: a text is cut into pieces, each thread counts pieces into
/// a table (or a sum) of its own, and these are added up.

namespace ece465::text {

struct TextLimits {
  /// One word or line. Memory for one is taken at once, so that a file without a blank is told of and not tried.
  std::uint64_t max_word_bytes = std::uint64_t{64} << 20;
  /// What a thread reads at a time.
  std::size_t piece_bytes = std::size_t{1} << 20;
};

struct TextOptions {
  unsigned threads = 1;
  TextLimits limits;
  /// Called from any thread, with bytes that were done. Empty: nobody asks.
  std::function<void(std::uint64_t bytes)> moved{};
  /// Asked before each piece; true ends the run with `cancelled`. Empty: never.
  std::function<bool()> stopped{};
};

/// Several sources as one, without anything between them, as `cat` does it. They stay the caller's.
[[nodiscard]] std::unique_ptr<ByteSource> concatenate(std::vector<const ByteSource*> sources);

/// Counts the words of a text. Fails with `too_large` for a word beyond the limit, and with what reading fails with.
[[nodiscard]] Result<WordTable> count_words(const ByteSource& text, const TextOptions& options);

struct ByteTotal {
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t ignored = 0;  ///< lines that count as 0: no second column, no number, negative
};
/// Adds up the second column of a log: columns are parted by blanks, and what is there no whole number, or negative, is
/// 0. Fails with `too_large` when the total does not fit 64 bits, and as above.
[[nodiscard]] Result<ByteTotal> total_bytes(const ByteSource& log, const TextOptions& options);
/// The same of whole lines that are in memory.
[[nodiscard]] Result<ByteTotal> total_bytes(std::string_view lines);

}  // namespace ece465::text
