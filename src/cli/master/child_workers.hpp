#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "ece465/base/logger.hpp"
#include "ece465/base/orphans.hpp"

namespace ece465::cli {

/// A process to keep running.
struct ChildCommand {
  std::string id;                      ///< for the log
  std::vector<std::string> arguments;  ///< the program's path first
};

struct ChildLimits {
  /// Pause before a process that ended is restarted: doubled each time, and reset once one has lived for the longest.
  std::chrono::milliseconds first_pause{200}, longest_pause{10'000};
  /// After SIGTERM, before SIGKILL.
  std::chrono::milliseconds stop_limit{5'000};
  /// How often to reap adopted orphans that have ended; never if this process adopts none.
  std::chrono::milliseconds orphans_pause =
      adopts_orphans() ? std::chrono::milliseconds(1'000) : std::chrono::milliseconds::max();
};

/// Child processes: the workers that a master starts on its own machine. One that ends is restarted, until all are
/// stopped. They are killed when this process dies, for any reason. Ctrl-C on the terminal does not reach them, because
/// the master still needs them then.
///
/// Each has a thread that starts it and waits for it. The kernel sends the parent-death signal (PR_SET_PDEATHSIG) when
/// the thread that started a process ends, so that thread must last as long.
class ChildWorkers {
 public:
  /// Starts them. `logger` must outlive this.
  ChildWorkers(std::vector<ChildCommand> commands, Logger& logger, ChildLimits limits = {});
  /// Terminates them, waits, and kills those that do not end.
  ~ChildWorkers();
  ChildWorkers(const ChildWorkers&) = delete;
  ChildWorkers& operator=(const ChildWorkers&) = delete;

 private:
  class Child;
  void reap_adopted(const std::stop_token& stop);

  ChildLimits limits_;
  std::vector<std::unique_ptr<Child>> children_;
  std::jthread reaper_;  // destroyed first: it uses children_
};

}  // namespace ece465::cli
