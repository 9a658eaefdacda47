#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "console.hpp"
#include "master_api.hpp"

namespace ece465::cli {

/// What `ece465 health` was asked to do: one of the three probes.
struct HealthCommand {
  std::string url = kDefaultUrl;
  std::string tcp;     ///< HOST:PORT; empty: no TCP probe
  std::string worker;  ///< a worker's id that the master is asked about; empty: none
  std::chrono::milliseconds patience = std::chrono::seconds(2);
};

/// Says nothing and returns 0 when what was probed is well; else the exit code.
[[nodiscard]] int run_health(const HealthCommand& command, Console& console, std::stop_token stop);

}  // namespace ece465::cli
