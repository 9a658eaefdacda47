#pragma once

#include <stop_token>

#include "ece465/labs/dine.hpp"

namespace ece465::labs {

/// One function for each way of dining; `dine` chooses.
[[nodiscard]] Result<DineReport> dine_by_threads(const DineOptions& options, const DineHooks& hooks,
                                                 const std::stop_token& stop);
[[nodiscard]] Result<DineReport> dine_by_coroutines(const DineOptions& options, const DineHooks& hooks,
                                                    const std::stop_token& stop);
[[nodiscard]] Result<DineReport> dine_by_network(const DineOptions& options, const DineHooks& hooks,
                                                 const std::stop_token& stop);

}  // namespace ece465::labs
