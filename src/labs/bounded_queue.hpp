#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

namespace ece465::labs {

/// A blocking queue between threads: `put` waits while it is full, `take` while it is empty.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// False: the queue was closed, and `item` is not in it. `on_change` is called with the new depth, under the lock, so
  /// that changes are seen in order.
  template <class OnChange>
  bool put(T item, OnChange on_change) {
    std::unique_lock lock(mutex_);
    not_full_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    on_change(items_.size());
    lock.unlock();
    not_empty_.notify_one();
    return true;
  }

  /// Nothing: the queue was closed, and is empty or abandoned. `on_change` as above.
  template <class OnChange>
  std::optional<T> take(OnChange on_change) {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [this] { return closed_ || !items_.empty(); });
    if (items_.empty() || abandoned_) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    on_change(items_.size());
    lock.unlock();
    not_full_.notify_one();
    return item;
  }

  /// Accepts no more items. Queued ones can still be taken unless `abandon`.
  void close(bool abandon) {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
      abandoned_ = abandoned_ || abandon;
    }
    not_full_.notify_all();
    not_empty_.notify_all();
  }
  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return items_.size();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable not_full_, not_empty_;
  std::deque<T> items_;
  bool closed_ = false, abandoned_ = false;
};

}  // namespace ece465::labs
