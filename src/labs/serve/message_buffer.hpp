#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "ece465/base/bytes.hpp"

namespace ece465::labs {

/// Splits a peer's bytes into messages: lines, or what has arrived when the peer pauses or closes. Starts small, since
/// there may be ten thousand connections.
class MessageBuffer {
 public:
  explicit MessageBuffer(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Space to read into; empty if a message is longer than allowed. Valid until the next call.
  [[nodiscard]] MutableBytes free_space();
  /// `count` bytes were read into `free_space()`.
  void filled(std::size_t count) { end_ += count; }
  /// The next complete line without its "\n" or "\r\n"; valid until `free_space`.
  [[nodiscard]] std::optional<std::string_view> line();
  /// The incomplete line, if there is one. Call it after `line` returned nothing.
  [[nodiscard]] std::optional<std::string_view> rest();
  /// There is an incomplete line.
  [[nodiscard]] bool partial() const { return begin_ != end_; }

 private:
  static constexpr std::size_t kFirst = 1024;  // as much as the course's server reads at once

  std::size_t max_bytes_;
  Buffer buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::size_t searched_ = 0;  // bytes from begin_ on without a newline
};

/// Without white space at both ends, like Python's str.strip.
[[nodiscard]] std::string_view stripped(std::string_view text);

}  // namespace ece465::labs
