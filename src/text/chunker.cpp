#include "ece465/text/chunker.hpp"

#include <algorithm>

#include "delimiter.hpp"

namespace ece465::text {

Chunker::Chunker(Kind kind, const TextLimits& limits) : kind_(kind), limits_(limits), buffer_(limits.piece_bytes) {}

Result<std::size_t> Chunker::find_split() const {
  const Delimiter delimiter{.blanks = kind_ == Kind::wordcount};
  const std::size_t found = delimiter.after_last(buffer_.span().subspan(searched_, filled_ - searched_));
  const std::size_t split = found == 0 ? 0 : searched_ + found;
  if (filled_ - split <= limits_.max_word_bytes) return split;
  return fail(Errc::too_large, "{}", delimiter.too_long(limits_.max_word_bytes));
}

Result<std::optional<Buffer>> Chunker::commit(std::size_t bytes) {
  filled_ += bytes;
  if (filled_ < buffer_.size()) return std::optional<Buffer>();
  ECE465_ASSIGN(const std::size_t split, find_split());
  const std::size_t left = filled_ - split;
  // The rest moves to the next buffer, which is at least twice as large, or a long word would be copied again and
  // again; but never larger than the longest word plus a piece.
  const std::size_t size = std::max(limits_.piece_bytes, 2 * left + 1);
  Buffer next(static_cast<std::size_t>(std::min<std::uint64_t>(size, limits_.max_word_bytes + limits_.piece_bytes)));
  std::copy_n(buffer_.data() + split, left, next.data());
  filled_ = searched_ = left;
  buffer_.swap(next);
  if (split == 0) return std::optional<Buffer>();
  next.resize(split);
  return std::optional(std::move(next));
}

Result<std::optional<Buffer>> Chunker::finish() {
  if (filled_ == 0) return std::optional<Buffer>();
  ECE465_TRY(find_split());
  buffer_.resize(filled_);
  filled_ = 0;
  return std::optional(std::move(buffer_));
}

}  // namespace ece465::text
