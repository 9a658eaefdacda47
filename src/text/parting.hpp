#pragma once

#include <algorithm>
#include <iterator>

#include "ece465/base/bytes.hpp"

namespace ece465::text {

/// What parts records: words are parted by blanks and newlines, lines by newlines.
struct Parting {
  bool blanks = false;
  [[nodiscard]] bool parts(std::byte b) const { return b == std::byte{'\n'} || (blanks && b == std::byte{' '}); }
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
