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

/// One process to keep running.
struct ChildCommand {
  std::string id;                      ///< for the log
  std::vector<std::string> arguments;  ///< the program's path first
};

struct ChildLimits {
  /// Pauses before a process that ended is started again: doubled each time, from the first on when one has lived for
  /// the longest.
  std::chrono::milliseconds first_pause{200}, longest_pause{10'000};
  /// After SIGTERM, before SIGKILL.
  std::chrono::milliseconds stop_limit{5'000};
  /// How often processes are looked for that have become this one's by losing their parent, and have ended; never where
  /// this one adopts none.
  std::chrono::milliseconds orphans_pause =
      adopts_orphans() ? std::chrono::milliseconds(1'000) : std::chrono::milliseconds::max();
};

/// Processes that belong to this one: workers that a master starts for itself. One that ends is started again, until
/// all are asked to end. They die with this process, however it dies, and Ctrl-C on the terminal does not reach them:
/// their master still needs them then.
///
/// Each has a thread that starts it and waits for it. The kernel sends the signal of death when the thread that
/// started a process ends, so that thread must last as long.
class ChildWorkers {
 public:
  /// Starts them. `logger` must live longer than this.
  ChildWorkers(std::vector<ChildCommand> commands, Logger& logger, ChildLimits limits = {});
  /// Asks them to end, waits, and kills those that do not.
  ~ChildWorkers();
  ChildWorkers(const ChildWorkers&) = delete;
  ChildWorkers& operator=(const ChildWorkers&) = delete;

 private:
  class Child;
  void reap_adopted(const std::stop_token& stop);

  ChildLimits limits_;
  std::vector<std::unique_ptr<Child>> children_;
  std::jthread reaper_;  // the first to end: it looks at the children
};

}  // namespace ece465::cli
