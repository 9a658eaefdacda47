#pragma once

#include <stop_token>

#include "common/console.hpp"
#include "dine.hpp"

namespace ece465::cli {

/// Runs every mode with the same load, without time to think or eat, and prints one table. Each runs in its own
/// process, so that memory is measured separately. Returns the exit code.
[[nodiscard]] int run_dine_compare(const DineCommand& command, Console& console, const std::stop_token& stop);

}  // namespace ece465::cli
