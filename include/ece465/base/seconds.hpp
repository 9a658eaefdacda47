#pragma once

#include <chrono>

namespace ece465 {

/// A duration in seconds, for people and JSON.
[[nodiscard]] inline double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace ece465
