#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

namespace ece465::labs {

/// How often something took how long, in cells that grow with the time (32 to each doubling, so a percentile is off by
/// 3 % at most); least and most are exact. As HdrHistogram does it, without its settings.
class TimeCounts {
 public:
  void add(std::chrono::nanoseconds time) {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
    const std::size_t cell = cell_of(ns);
    if (cell >= cells_.size()) cells_.resize(cell + 1);
    ++cells_[cell];
    least_ = count_ == 0 ? ns : std::min(least_, ns);
    most_ = std::max(most_, ns);
    ++count_;
    sum_ += ns;
  }
  void add(const TimeCounts& other) {
    if (other.count_ == 0) return;
    if (other.cells_.size() > cells_.size()) cells_.resize(other.cells_.size());
    for (std::size_t i = 0; i < other.cells_.size(); ++i) cells_[i] += other.cells_[i];
    least_ = count_ == 0 ? other.least_ : std::min(least_, other.least_);
    most_ = std::max(most_, other.most_);
    count_ += other.count_;
    sum_ += other.sum_;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::chrono::nanoseconds least() const { return from(least_); }
  [[nodiscard]] std::chrono::nanoseconds most() const { return from(most_); }
  [[nodiscard]] std::chrono::nanoseconds mean() const { return from(count_ == 0 ? 0 : sum_ / count_); }
  /// The time that `part` (0 to 1) of all took at most.
  [[nodiscard]] std::chrono::nanoseconds percentile(double part) const {
    const auto rank = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      seen += cells_[i];
      if (seen >= rank && seen > 0) return from(std::clamp(middle_of(i), least_, most_));
    }
    return most();
  }

 private:
  static constexpr unsigned kBits = 5;  // cells to a doubling: 2^kBits

  static std::chrono::nanoseconds from(std::uint64_t ns) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(ns));
  }
  static std::size_t cell_of(std::uint64_t ns) {
    if (ns < (1U << kBits)) return static_cast<std::size_t>(ns);
    const auto doubling = static_cast<unsigned>(std::bit_width(ns)) - 1 - kBits;
    return (std::size_t{doubling + 1} << kBits) + static_cast<std::size_t>((ns >> doubling) - (1U << kBits));
  }
  static std::uint64_t middle_of(std::size_t cell) {
    if (cell < (1U << kBits)) return cell;
    const auto doubling = static_cast<unsigned>(cell >> kBits) - 1;
    const std::uint64_t lowest = (std::uint64_t{1U << kBits} + (cell & ((1U << kBits) - 1))) << doubling;
    return lowest + (std::uint64_t{1} << doubling) / 2;
  }

  std::vector<std::uint32_t> cells_;
  std::uint64_t count_ = 0, sum_ = 0, least_ = 0, most_ = 0;
};

}  // namespace ece465::labs
