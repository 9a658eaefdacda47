#pragma once

#include <string>
#include <string_view>

#include "console.hpp"
#include "ece465/labs/dine.hpp"

namespace ece465::cli {

[[nodiscard]] std::string_view mode_name(labs::DineMode mode);
[[nodiscard]] std::string_view strategy_name(labs::Strategy strategy);
/// "1.20 s", "350 ms", "12 us".
[[nodiscard]] std::string short_time(std::chrono::nanoseconds time);

/// What became of a dinner, in lines for people.
[[nodiscard]] std::string dine_summary(const labs::DineOptions& options, const labs::DineReport& report,
                                       const Paint& paint);
/// The same as one JSON object.
[[nodiscard]] std::string dine_json(const labs::DineOptions& options, const labs::DineReport& report);

}  // namespace ece465::cli
