#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ece465/base/byte_source.hpp"
#include "ece465/text/map_reduce.hpp"

/// The two examples as pure functions over pieces, for mapping and reducing on different machines: each piece of a text
/// is mapped to a result in text form, and results are added up. The result of a piece is the same on every machine.
///
///     wordcount   "<count> <word>\n" for each distinct word, in the order of the words' bytes
///     bytes       "<bytes> <lines> <ignored>\n"

namespace ece465::text {

/// The longest piece that is sent to a worker (PROTOCOL section 5.5). The table of its words takes up to forty times as
/// much memory there.
inline constexpr std::uint64_t kMaxPieceBytes = std::uint64_t{512} << 10;

enum class Kind : std::uint8_t { bytes, wordcount };
/// In the order of `Kind`.
inline constexpr std::array<std::string_view, 2> kKindNames{"bytes", "wordcount"};
[[nodiscard]] std::string_view kind_name(Kind kind);
[[nodiscard]] std::optional<Kind> parse_kind(std::string_view name);

/// The counts of one or several pieces.
class Tally {
 public:
  Tally() : Tally(Kind::wordcount) {}
  explicit Tally(Kind kind) : kind_(kind) {}

  /// Counts a piece of whole words or lines. Fails with `too_large` if the total of `bytes` exceeds 64 bits.
  [[nodiscard]] Result<void> count(std::string_view piece);
  /// Adds one line of a result, without its newline. Fails with `corrupt` if it is not valid.
  [[nodiscard]] Result<void> add_line(std::string_view line);
  /// Adds a whole result. Fails like `add_line`; lines before the invalid one have been added then.
  [[nodiscard]] Result<void> add(std::string_view result);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const WordTable& words() const { return words_; }
  [[nodiscard]] const ByteTotal& total() const { return total_; }
  /// Memory use after adding `more_words` distinct words.
  [[nodiscard]] std::uint64_t memory_bytes(std::size_t more_words) const { return words_.memory_bytes(more_words); }

 private:
  Kind kind_;
  WordTable words_;
  std::uint64_t added_ = 0;  // words added by `add_line`: while their sum does not overflow, no single count does
  ByteTotal total_;
};

/// Maps a piece to its result. Fails like `Tally::count`.
[[nodiscard]] Result<std::string> map_piece(Kind kind, std::string_view piece);
/// The maximum size of the result of a piece.
[[nodiscard]] std::uint64_t max_result_bytes(std::uint64_t piece_bytes);

enum class Check : std::uint8_t {
  quick,  ///< checks lines, their order, and the numbers of words and letters: detects mix-ups and garbage
  full,   ///< maps the piece and compares: for results that may be damaged
};
/// Checks whether `result` can be the result of the piece. Fails with `corrupt` and the reason.
[[nodiscard]] Result<void> check_result(Kind kind, std::string_view piece, std::string_view result, Check check);

/// The result of a tally, formatted while it is read, because a copy of all words would double the memory. Reads must
/// be in order, one at a time; reading an earlier offset formats again from the start.
[[nodiscard]] std::unique_ptr<ByteSource> result_source(Tally tally);

/// Parses a result that arrives in parts, and adds it to a tally.
class ResultReader {
 public:
  /// `to` must outlive the reader.
  explicit ResultReader(Tally& to, const TextLimits& limits = {}) : to_(to), limits_(limits) {}
  /// Fails with `corrupt` if it is not a valid result.
  [[nodiscard]] Result<void> add(std::string_view bytes);
  /// Ends the result. Fails with `corrupt` in the middle of a line, or if a result of `bytes` does not have one line.
  [[nodiscard]] Result<void> end() const;

 private:
  Tally& to_;
  TextLimits limits_;
  std::string held_;  // an incomplete line
  std::uint64_t lines_ = 0;
};

}  // namespace ece465::text
