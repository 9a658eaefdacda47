#pragma once

#include <chrono>

namespace ece465 {

/// A duration in seconds, as people and JSON want it.
[[nodiscard]] inline double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace ece465
