#pragma once

#include <string>
#include <vector>

#include "common/console.hpp"
#include "ece465/labs/dine.hpp"

namespace ece465::cli {

/// The current state of the table as lines for a window: philosophers in a circle, or a mark each if there are too
/// many. A pure function.
[[nodiscard]] std::vector<std::string> table_picture(const std::vector<labs::SeatView>& seats,
                                                     std::chrono::nanoseconds elapsed, std::size_t width,
                                                     std::size_t height, const Paint& paint);

}  // namespace ece465::cli
