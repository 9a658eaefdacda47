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

/// What `ece465 health` was asked to do: one of the probes.
struct HealthCommand {
  std::string url = kDefaultUrl;
  std::string tcp;         ///< HOST:PORT; empty: no TCP probe
  std::string worker;      ///< a worker's id that the master is asked about; empty: none
  bool container = false;  ///< probe what this container runs, unless one of the above was asked for
  std::chrono::milliseconds patience = std::chrono::seconds(2);
};

/// Says nothing and returns 0 when what was probed is well; else the exit code.
[[nodiscard]] int run_health(const HealthCommand& command, Console& console, std::stop_token stop);

/// Where the process with this command line (arguments ended by NUL, as in /proc) is asked how it is; nothing: it has
/// no HTTP to ask. `environment` looks a variable up, "" when it is not set.
[[nodiscard]] std::optional<std::string> url_of_process(std::string_view command_line,
                                                        const std::function<std::string(const char*)>& environment);

}  // namespace ece465::cli
