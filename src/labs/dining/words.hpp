#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "ece465/labs/dine.hpp"

namespace ece465::labs {

/// The lines of the course notes, which each way of dining has its own of.
struct Words {
  std::string_view who = "Philosopher";
  std::string_view thinking = "Thinking...";
  std::string_view requesting{};  ///< empty: does not say so
  std::string_view eating = "Eating!";
  std::string_view returning = "Returning forks...";

  [[nodiscard]] std::string line(int philosopher, std::string_view what) const {
    return fmt::format("[{} {}] {}", who, philosopher, what);
  }
};

[[nodiscard]] inline Words words_of(DineMode mode) {
  switch (mode) {
    case DineMode::thread: return {.who = "Thread"};
    case DineMode::async:
      return {.who = "Async Philosopher", .eating = "Eating with chopsticks!", .returning = "Returning chopsticks..."};
    case DineMode::ipc:
    case DineMode::tcp: break;
  }
  return {.requesting = "Requesting forks..."};
}

/// Says a line where somebody listens.
inline void say(const DineHooks& hooks, const Words& words, int philosopher, std::string_view what) {
  if (hooks.say && !what.empty()) hooks.say(words.line(philosopher, what));
}

}  // namespace ece465::labs
