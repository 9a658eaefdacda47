#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ece465/base/byte_source.hpp"
#include "ece465/text/map_reduce.hpp"

/// The two examples as pure functions over pieces, for whoever maps and adds up on different machines: a piece of a
/// text goes in, a result in text comes out, and results are added up. Whoever maps a piece finds the same bytes.
///
///     wordcount   "<count> <word>\n" for each distinct word, in the order of the words' bytes
///     bytes       "<bytes> <lines> <ignored>\n"

namespace ece465::text {

/// The longest piece that goes over the wire (PROTOCOL section 5.5): the table of its words takes up to forty times as
/// much of a worker's memory.
inline constexpr std::uint64_t kMaxPieceBytes = std::uint64_t{512} << 10;

enum class Kind : std::uint8_t { bytes, wordcount };
/// In their order, which is that of the alphabet.
inline constexpr std::array<std::string_view, 2> kKindNames{"bytes", "wordcount"};
[[nodiscard]] std::string_view kind_name(Kind kind);
[[nodiscard]] std::optional<Kind> parse_kind(std::string_view name);

/// What was counted so far: of one piece, or of many.
class Tally {
 public:
  Tally() : Tally(Kind::wordcount) {}
  explicit Tally(Kind kind) : kind_(kind) {}

  /// Counts a piece: whole words or lines. Fails with `too_large` when 64 bits do not hold a total of bytes.
  [[nodiscard]] Result<void> count(std::string_view piece);
  /// Adds one line of a result, without its newline. Fails with `corrupt` for what is no such line.
  [[nodiscard]] Result<void> add_line(std::string_view line);
  /// Adds a whole result. Fails as `add_line`; what came before the failure was added.
  [[nodiscard]] Result<void> add(std::string_view result);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const WordTable& words() const { return words_; }
  [[nodiscard]] const ByteTotal& total() const { return total_; }
  /// Memory that it would take up with so many distinct words more.
  [[nodiscard]] std::uint64_t memory_bytes(std::size_t more_words) const { return words_.memory_bytes(more_words); }

 private:
  Kind kind_;
  WordTable words_;
  std::uint64_t counted_ = 0;  // words added by `add_line`: as long as these do not wrap around, no count does
  ByteTotal total_;
};

/// Maps a piece: its result. Fails with `too_large` as `Tally::count`.
[[nodiscard]] Result<std::string> map_piece(Kind kind, std::string_view piece);
/// How long the result of so many bytes of text can be.
[[nodiscard]] std::uint64_t max_result_bytes(std::uint64_t piece_bytes);

enum class Look : std::uint8_t {
  quick,  ///< lines, order, and the numbers of words and letters: finds mix-ups and garbage
  whole,  ///< maps the piece and compares: for results that may have been damaged on their way
};
/// Whether that can be the piece's result. Fails with `corrupt`, saying why not.
[[nodiscard]] Result<void> check_result(Kind kind, std::string_view piece, std::string_view result, Look look);

/// The result of a tally, made as it is read: a copy of all words would take as much memory again. Reads are to come
/// in order, one at a time; what is read again is made again from the beginning.
[[nodiscard]] std::unique_ptr<ByteSource> result_source(Tally tally);

/// Reads a result that comes bit by bit.
class ResultReader {
 public:
  /// `to` outlives it.
  explicit ResultReader(Tally& to, const TextLimits& limits = {}) : to_(to), limits_(limits) {}
  /// Fails with `corrupt` for what is no result.
  [[nodiscard]] Result<void> take(std::string_view bytes);
  /// The result is over. Fails with `corrupt` in the middle of a line, and of a result of `bytes` that never came.
  [[nodiscard]] Result<void> end() const;

 private:
  Tally& to_;
  TextLimits limits_;
  std::string held_;  // the beginning of a line
  std::uint64_t lines_ = 0;
};

}  // namespace ece465::text
