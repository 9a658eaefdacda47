#pragma once

#include <algorithm>
#include <iterator>
#include <string>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"

namespace ece465::text {

/// What parts records: words are parted by blanks and newlines, lines by newlines.
struct Delimiter {
  bool blanks = false;
  [[nodiscard]] constexpr bool parts(std::byte b) const {
    return b == std::byte{'\n'} || (blanks && b == std::byte{' '});
  }
  /// What is said of a record that is longer than it may be.
  [[nodiscard]] std::string too_long(std::uint64_t most_bytes) const {
    return fmt::format("a {} of more than {} bytes", blanks ? "word" : "line", most_bytes);
  }
  /// Where the first such byte stands; the size when there is none.
  [[nodiscard]] std::size_t first(Bytes bytes) const {
    const auto at = std::ranges::find_if(bytes, [this](std::byte b) { return parts(b); });
    return static_cast<std::size_t>(at - bytes.begin());
  }
  /// Where what follows the last such byte begins; 0 when there is none.
  [[nodiscard]] std::size_t after_last(Bytes bytes) const {
    const auto at = std::find_if(bytes.rbegin(), bytes.rend(), [this](std::byte b) { return parts(b); });
    return static_cast<std::size_t>(std::distance(at, bytes.rend()));
  }
};

}  // namespace ece465::text
