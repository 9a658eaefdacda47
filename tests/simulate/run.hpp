#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "scenario.hpp"
#include "virtual_master.hpp"

namespace ece465::simulate {

struct RunReport {
  std::string violation;  ///< empty if none
  std::vector<VirtualMaster::JobResult> jobs;
  std::uint64_t steps = 0;
  std::array<std::uint64_t, 5> workers_closed{};  ///< by CloseReason
  std::uint64_t workers_lost = 0;
  Duration took{};                            ///< virtual time until the last job ended
  std::uint64_t bytes_out = 0, bytes_in = 0;  ///< on the master's link
};

using Log = std::function<void(Time, const std::string&)>;

/// Simulates a scenario. `log` may be empty.
[[nodiscard]] RunReport run(const Scenario& scenario, const Log& log = {});

/// Also checks what the scenario's kind promises, for some kinds by comparison with a second run.
[[nodiscard]] RunReport run_and_check(const Scenario& scenario, const Log& log = {});

}  // namespace ece465::simulate
