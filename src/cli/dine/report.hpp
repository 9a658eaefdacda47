#pragma once

#include <string>
#include <string_view>

#include "common/console.hpp"
#include "ece465/labs/dine.hpp"

namespace ece465::cli {

[[nodiscard]] std::string_view mode_name(labs::DineMode mode);
[[nodiscard]] std::string_view strategy_name(labs::Strategy strategy);

/// The outcome of a dinner, as text.
[[nodiscard]] std::string dine_summary(const labs::DineOptions& options, const labs::DineReport& report,
                                       const Paint& paint);
/// The same as one JSON object.
[[nodiscard]] std::string dine_json(const labs::DineOptions& options, const labs::DineReport& report);

}  // namespace ece465::cli
