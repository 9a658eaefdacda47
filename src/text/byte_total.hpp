#pragma once

#include "ece465/text/map_reduce.hpp"

namespace ece465::text {

/// Fails with `too_large` when 64 bits do not hold the sum.
[[nodiscard]] inline Result<void> add_up(ByteTotal& total, const ByteTotal& other) {
  if (__builtin_add_overflow(total.bytes, other.bytes, &total.bytes)) {
    return fail(Errc::too_large, "the total is more than 64 bits hold");
  }
  total.lines += other.lines;
  total.ignored += other.ignored;
  return {};
}

}  // namespace ece465::text
