#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace ece465::cluster {

/// When to say again that something is still wrong: at once, and one, five and fifteen minutes later; then every
/// fifteen minutes. Clocks are the caller's.
class LogThrottle {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// It is wrong, still. Whether that should be said now.
  [[nodiscard]] bool due(Time now) {
    if (said_ == 0) began_ = next_ = now;
    if (now < next_) return false;
    // Whoever comes late is not reminded of each time that was missed.
    while (next_ <= now) next_ = said_ < kAfter.size() ? began_ + kAfter[said_++] : next_ + kAfter.back();
    return true;
  }
  /// How long it has been wrong.
  [[nodiscard]] std::chrono::steady_clock::duration since(Time now) const { return now - began_; }
  /// It is well.
  void reset() { said_ = 0; }

 private:
  static constexpr std::array<std::chrono::minutes, 3> kAfter{std::chrono::minutes(1), std::chrono::minutes(5),
                                                              std::chrono::minutes(15)};
  Time began_, next_;
  std::size_t said_ = 0;  // 0: it is well
};

}  // namespace ece465::cluster
