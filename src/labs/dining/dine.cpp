#include "ece465/labs/dine.hpp"

#include "dinner.hpp"

namespace ece465::labs {

std::string_view opening_line(DineMode mode) {
  switch (mode) {
    case DineMode::ipc: return "Starting IPC Dining Philosophers...";
    case DineMode::thread: return "Starting Multithreaded Dining Philosophers...";
    case DineMode::async: return "Starting AsyncIO Dining Philosophers with Chopsticks...";
    case DineMode::tcp: return "Starting Networked Dining Philosophers...";
  }
  return {};
}

std::string cycle_text(const std::vector<int>& cycle) {
  constexpr std::size_t kShown = 12;
  if (cycle.empty()) return {};
  std::string text;
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    if (cycle.size() > kShown && i == kShown / 2) {
      text += "... waits for ";
      i = cycle.size() - kShown / 2;
    }
    text += fmt::format("{} waits for ", cycle[i]);
  }
  return text + fmt::format("{}", cycle.front());
}

Result<DineReport> dine(const DineOptions& options, const DineHooks& hooks, std::stop_token stop) {
  switch (options.mode) {
    case DineMode::thread: return dine_by_threads(options, hooks, stop);
    case DineMode::async: return dine_by_coroutines(options, hooks, stop);
    case DineMode::tcp: return dine_by_network(options, hooks, stop);
    case DineMode::ipc: break;
  }
  return fail(Errc::internal, "mode ipc is run by ForkedPhilosophers");
}

}  // namespace ece465::labs
