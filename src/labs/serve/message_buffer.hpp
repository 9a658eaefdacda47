#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "ece465/base/bytes.hpp"

namespace ece465::labs {

/// Bytes as they come from a peer, cut into messages: a line each, or what is there when the peer pauses or ends. Small
/// until a peer sends much: there is one for each of ten thousand connections.
class MessageBuffer {
 public:
  explicit MessageBuffer(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// Room to read into; empty when a message is longer than allowed. Valid until the next call of anything.
  [[nodiscard]] MutableBytes room();
  /// So many bytes were read into the room.
  void filled(std::size_t count) { end_ += count; }
  /// The next whole line without its "\n" or "\r\n"; valid until `room`.
  [[nodiscard]] std::optional<std::string_view> line();
  /// All that is there and is no whole line; nothing when that is nothing. Call it after `line` gave nothing.
  [[nodiscard]] std::optional<std::string_view> rest();
  /// Something is there that is no whole line.
  [[nodiscard]] bool partial() const { return begin_ != end_; }

 private:
  static constexpr std::size_t kFirst = 1024;  // what the notes' server reads at once

  std::size_t most_bytes_;
  Buffer buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::size_t searched_ = 0;  // from begin_
};

/// Without blanks at both ends, as Python's strip does it.
[[nodiscard]] std::string_view stripped(std::string_view text);

}  // namespace ece465::labs
