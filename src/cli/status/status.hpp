#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "common/console.hpp"
#include "common/master_client.hpp"

namespace ece465::cli {

/// The options of `ece465 status`.
struct StatusCommand {
  std::string url = kDefaultUrl;
  std::chrono::milliseconds timeout = std::chrono::seconds(5);
  int jobs = 10;  ///< maximum to show
  /// Interval at which to show it repeatedly; none: once.
  std::optional<std::chrono::milliseconds> watch;
  bool json = false;
};

/// Shows a master's status; returns the exit code.
[[nodiscard]] int run_status(const StatusCommand& command, Console& console, std::stop_token stop);

}  // namespace ece465::cli
