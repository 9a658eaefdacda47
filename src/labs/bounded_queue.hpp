#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

namespace ece465::labs {

/// A queue between threads that holds only so much: who puts into a full one waits, and so does who takes from an empty
/// one.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Waits for room; false: the queue was closed, and `item` is not in it. `in` is called with the new depth before
  /// anybody else can change it.
  template <class In>
  bool put(T item, In in) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    in(items_.size());
    lock.unlock();
    filled_.notify_one();
    return true;
  }

  /// Waits for an item; nothing: the queue was closed, and is empty or abandoned. `out` is as `in` above.
  template <class Out>
  std::optional<T> take(Out out) {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return closed_ || !items_.empty(); });
    if (items_.empty() || abandoned_) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    out(items_.size());
    lock.unlock();
    room_.notify_one();
    return item;
  }

  /// Takes nothing more; what is queued can still be taken, unless it is `abandoned`.
  void close(bool abandon) {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
      abandoned_ = abandoned_ || abandon;
    }
    room_.notify_all();
    filled_.notify_all();
  }
  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return items_.size();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable room_, filled_;
  std::deque<T> items_;
  bool closed_ = false, abandoned_ = false;
};

}  // namespace ece465::labs
