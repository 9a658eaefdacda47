#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "ece465/mapreduce/types.hpp"

namespace ece465::mapreduce {

/// Time per byte, as an exponential moving average over about the last four samples.
class ThroughputEstimate {
 public:
  /// Adds a sample: `bytes` took `time`. A sample is capped at four times the estimate, so that a single straggler does
  /// not make everybody else look fast.
  void add_sample(std::uint64_t bytes, Duration time) {
    const double sample = seconds(std::max(time, Duration(1))) / static_cast<double>(std::max<std::uint64_t>(bytes, 1));
    if (!seconds_per_byte_) {
      seconds_per_byte_ = sample;
    } else {
      *seconds_per_byte_ += (std::min(sample, 4 * *seconds_per_byte_) - *seconds_per_byte_) / 4;
    }
  }
  [[nodiscard]] bool known() const { return seconds_per_byte_.has_value(); }
  /// Zero if there are no samples yet.
  [[nodiscard]] Duration expected_time(std::uint64_t bytes) const {
    const double time = seconds_per_byte_.value_or(0) * static_cast<double>(bytes);
    // Casting a larger double could overflow. Beyond a day it makes no difference.
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(time, 86400.0)));
  }
  /// Zero if there are no samples yet.
  [[nodiscard]] double bytes_per_second() const { return seconds_per_byte_ ? 1 / *seconds_per_byte_ : 0; }

 private:
  static double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

  std::optional<double> seconds_per_byte_;
};

}  // namespace ece465::mapreduce
