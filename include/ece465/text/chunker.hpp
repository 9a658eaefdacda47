#pragma once

#include <optional>

#include "ece465/text/tally.hpp"

namespace ece465::text {

/// Cuts a text that comes bit by bit into pieces of about `piece_bytes` that begin and end where the kind allows it: no
/// word, no line is in two of them. What is longer than a piece is a longer piece.
class Chunker {
 public:
  Chunker(Kind kind, const TextLimits& limits);

  /// Where the text's next bytes go; never empty.
  [[nodiscard]] MutableBytes room() { return buffer_.span().subspan(filled_); }
  /// So many bytes were put there. When a piece is complete, it comes back. Fails with `too_large` for a word (a line)
  /// beyond the limit.
  [[nodiscard]] Result<std::optional<Buffer>> put(std::size_t bytes);
  /// What is left when the text is over, if anything. Fails as `put`.
  [[nodiscard]] Result<std::optional<Buffer>> rest();

 private:
  /// Where what follows the last whole word (line) in the buffer begins.
  [[nodiscard]] Result<std::size_t> find_cut() const;

  Kind kind_;
  TextLimits limits_;
  Buffer buffer_;
  std::size_t filled_ = 0;
  std::size_t unparted_ = 0;  // the first bytes of the buffer, which are known to part nothing
};

}  // namespace ece465::text
