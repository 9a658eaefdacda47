#pragma once

#include <stop_token>

#include "common/console.hpp"
#include "dine.hpp"

namespace ece465::cli {

/// Runs every mode on the same load, without time to think or eat, each in a process of its own so that none finds the
/// other's memory; prints one table. Returns the exit code.
[[nodiscard]] int run_dine_compare(const DineCommand& command, Console& console, const std::stop_token& stop);

}  // namespace ece465::cli
