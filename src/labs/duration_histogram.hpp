#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

namespace ece465::labs {

/// A histogram of durations with logarithmic buckets, 32 per doubling, so a percentile is off by 3 % at most; minimum
/// and maximum are exact. The scheme is HdrHistogram's.
class DurationHistogram {
 public:
  void add(std::chrono::nanoseconds time) {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
    const std::size_t bucket = bucket_of(ns);
    if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
    ++buckets_[bucket];
    min_ = count_ == 0 ? ns : std::min(min_, ns);
    max_ = std::max(max_, ns);
    ++count_;
  }
  void add(const DurationHistogram& other) {
    if (other.count_ == 0) return;
    if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
    for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
    count_ += other.count_;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::chrono::nanoseconds min() const { return from(min_); }
  [[nodiscard]] std::chrono::nanoseconds max() const { return from(max_); }
  /// `fraction` from 0 to 1; 0.5 is the median.
  [[nodiscard]] std::chrono::nanoseconds percentile(double fraction) const {
    const auto rank = static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen >= rank && seen > 0) return from(std::clamp(middle_of(i), min_, max_));
    }
    return max();
  }

 private:
  static constexpr unsigned kBits = 5;  // 2^kBits buckets per doubling

  static std::chrono::nanoseconds from(std::uint64_t ns) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(ns));
  }
  static std::size_t bucket_of(std::uint64_t ns) {
    if (ns < (1U << kBits)) return static_cast<std::size_t>(ns);
    const auto doubling = static_cast<unsigned>(std::bit_width(ns)) - 1 - kBits;
    return (std::size_t{doubling + 1} << kBits) + static_cast<std::size_t>((ns >> doubling) - (1U << kBits));
  }
  static std::uint64_t middle_of(std::size_t bucket) {
    if (bucket < (1U << kBits)) return bucket;
    const auto doubling = static_cast<unsigned>(bucket >> kBits) - 1;
    const std::uint64_t lowest = (std::uint64_t{1U << kBits} + (bucket & ((1U << kBits) - 1))) << doubling;
    return lowest + (std::uint64_t{1} << doubling) / 2;
  }

  std::vector<std::uint32_t> buckets_;
  std::uint64_t count_ = 0, min_ = 0, max_ = 0;
};

}  // namespace ece465::labs
