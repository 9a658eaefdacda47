#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "common/console.hpp"
#include "common/master_client.hpp"

namespace ece465::cli {

/// What `ece465 status` was asked to do.
struct StatusCommand {
  std::string url = kDefaultUrl;
  std::chrono::milliseconds patience = std::chrono::seconds(5);
  int jobs = 10;  ///< shown, at most
  /// Shows it again and again, so often; nothing: once.
  std::optional<std::chrono::milliseconds> watch;
  bool json = false;
};

/// Shows how a master is; returns the exit code.
[[nodiscard]] int run_status(const StatusCommand& command, Console& console, std::stop_token stop);

}  // namespace ece465::cli
