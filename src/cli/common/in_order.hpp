#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace ece465::cli {

/// Delays reports until all earlier ones have arrived, so that a run prints the same every time. Thread-safe.
template <class Report>
class InOrder {
 public:
  /// `report` is called from any thread, but never concurrently.
  InOrder(std::size_t count, const std::function<void(Report&&)>& report) : waiting_(count), report_(report) {}

  void add(std::size_t index, Report&& report) {
    const std::scoped_lock lock(mutex_);
    waiting_[index] = std::move(report);
    for (; next_ < waiting_.size() && waiting_[next_]; ++next_) {
      report_(std::move(*waiting_[next_]));
      waiting_[next_].reset();
    }
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::vector<std::optional<Report>> waiting_;
  std::size_t next_ = 0;
  const std::function<void(Report&&)>& report_;
};

}  // namespace ece465::cli
