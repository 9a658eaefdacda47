#pragma once

#include <string>
#include <vector>

#include "common/console.hpp"
#include "ece465/labs/dine.hpp"

namespace ece465::cli {

/// The table as it is now, in lines for a window: philosophers in a circle, or where they are too many for that a mark
/// each. A pure function.
[[nodiscard]] std::vector<std::string> table_picture(const std::vector<labs::SeatView>& seats,
                                                     std::chrono::nanoseconds elapsed, std::size_t width,
                                                     std::size_t height, const Paint& paint);

}  // namespace ece465::cli
