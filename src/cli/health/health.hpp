#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "common/console.hpp"
#include "common/master_client.hpp"

namespace ece465::cli {

/// The options of `ece465 health`: which probe.
struct HealthCommand {
  std::string url = kDefaultUrl;
  std::string tcp;         ///< HOST:PORT of a TCP probe; empty: none
  std::string worker;      ///< id of a worker to ask the master about; empty: none
  bool container = false;  ///< probe what this container runs, unless one of the above is set
  std::chrono::milliseconds timeout = std::chrono::seconds(2);
};

/// Prints nothing and returns 0 if the probed process is healthy; else returns the exit code.
[[nodiscard]] int run_health(const HealthCommand& command, Console& console, std::stop_token stop);

/// The URL that probes the process with this command line (arguments terminated by NUL, as in /proc); none if it does
/// not serve HTTP. `environment` returns the value of a variable, "" if it is not set.
[[nodiscard]] std::optional<std::string> url_of_process(std::string_view command_line,
                                                        const std::function<std::string(const char*)>& environment);

}  // namespace ece465::cli
