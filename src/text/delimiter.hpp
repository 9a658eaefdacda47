#pragma once

#include <algorithm>
#include <iterator>
#include <string>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"

namespace ece465::text {

/// Separates records: blanks and newlines separate words, newlines separate lines.
struct Delimiter {
  bool blanks = false;
  [[nodiscard]] constexpr bool matches(std::byte b) const {
    return b == std::byte{'\n'} || (blanks && b == std::byte{' '});
  }
  /// The message for a record over the limit.
  [[nodiscard]] std::string too_long(std::uint64_t max_bytes) const {
    return fmt::format("a {} of more than {} bytes", blanks ? "word" : "line", max_bytes);
  }
  /// The offset of the first delimiter; the size if there is none.
  [[nodiscard]] std::size_t first(Bytes bytes) const {
    const auto at = std::ranges::find_if(bytes, [this](std::byte b) { return matches(b); });
    return static_cast<std::size_t>(at - bytes.begin());
  }
  /// The offset after the last delimiter; 0 if there is none.
  [[nodiscard]] std::size_t after_last(Bytes bytes) const {
    const auto at = std::find_if(bytes.rbegin(), bytes.rend(), [this](std::byte b) { return matches(b); });
    return static_cast<std::size_t>(std::distance(at, bytes.rend()));
  }
};

}  // namespace ece465::text
