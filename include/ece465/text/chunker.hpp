#pragma once

#include <optional>

#include "ece465/text/tally.hpp"

namespace ece465::text {

/// Splits a text that arrives in parts into pieces of about `piece_bytes` at word or line ends, depending on the kind.
/// A longer word or line becomes a longer piece.
class Chunker {
 public:
  Chunker(Kind kind, const TextLimits& limits);

  /// Where to write the next bytes of the text; never empty.
  [[nodiscard]] MutableBytes prepare() { return buffer_.span().subspan(filled_); }
  /// Adds `bytes` bytes that were written there. Returns a piece when one is complete. Fails with `too_large` for a
  /// word or line over the limit.
  [[nodiscard]] Result<std::optional<Buffer>> commit(std::size_t bytes);
  /// Ends the text. Returns what is left, if anything. Fails like `commit`.
  [[nodiscard]] Result<std::optional<Buffer>> finish();

 private:
  /// The offset after the last delimiter in the buffer.
  [[nodiscard]] Result<std::size_t> find_split() const;

  Kind kind_;
  TextLimits limits_;
  Buffer buffer_;
  std::size_t filled_ = 0;
  std::size_t searched_ = 0;  // the first bytes of the buffer, which are known to contain no delimiter
};

}  // namespace ece465::text
