#include "ece465/text/chunker.hpp"

#include <algorithm>

#include "delimiter.hpp"

namespace ece465::text {

Chunker::Chunker(Kind kind, const TextLimits& limits) : kind_(kind), limits_(limits), buffer_(limits.piece_bytes) {}

Result<std::size_t> Chunker::find_cut() const {
  const Delimiter parting{.blanks = kind_ == Kind::wordcount};
  const std::size_t found = parting.after_last(buffer_.span().subspan(unparted_, filled_ - unparted_));
  const std::size_t cut = found == 0 ? 0 : unparted_ + found;
  if (filled_ - cut <= limits_.max_word_bytes) return cut;
  return fail(Errc::too_large, "{}", parting.too_long(limits_.max_word_bytes));
}

Result<std::optional<Buffer>> Chunker::put(std::size_t bytes) {
  filled_ += bytes;
  if (filled_ < buffer_.size()) return std::optional<Buffer>();
  ECE465_ASSIGN(const std::size_t cut, find_cut());
  const std::size_t left = filled_ - cut;
  // What is left is taken along. When that is much there must still be room for as much again, or a long word would be
  // copied time after time; but not for more than the longest word and a piece.
  const std::size_t room = std::max(limits_.piece_bytes, 2 * left + 1);
  Buffer next(static_cast<std::size_t>(std::min<std::uint64_t>(room, limits_.max_word_bytes + limits_.piece_bytes)));
  std::copy_n(buffer_.data() + cut, left, next.data());
  filled_ = unparted_ = left;
  buffer_.swap(next);
  if (cut == 0) return std::optional<Buffer>();
  next.resize(cut);
  return std::optional(std::move(next));
}

Result<std::optional<Buffer>> Chunker::rest() {
  if (filled_ == 0) return std::optional<Buffer>();
  ECE465_TRY(find_cut());
  buffer_.resize(filled_);
  filled_ = 0;
  return std::optional(std::move(buffer_));
}

}  // namespace ece465::text
