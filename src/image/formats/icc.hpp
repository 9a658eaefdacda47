#pragma once

#include <string_view>

#include "ece465/base/bytes.hpp"

namespace ece465::image {

/// The colour space in the header of an ICC profile ("RGB ", "GRAY", ...; ICC.1, 7.2.6), or "" if it is not a profile.
[[nodiscard]] inline std::string_view icc_color_space(Bytes profile) {
  constexpr std::size_t kOffset = 16, kSize = 4;
  return profile.size() < kOffset + kSize ? std::string_view() : as_text(profile.subspan(kOffset, kSize));
}

}  // namespace ece465::image
