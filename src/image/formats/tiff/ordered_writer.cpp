#include "ordered_writer.hpp"

#include <utility>

namespace ece465::image::tiff {
namespace {

constexpr std::size_t kMaxParked = std::size_t{4} << 20;

}  // namespace

void OrderedWriter::settle(std::vector<std::byte>& bytes, std::vector<Ready>& ready) {
  offsets_.push_back(end_);
  const std::uint64_t offset = end_;
  end_ += bytes.size();
  ready.push_back({.offset = offset, .bytes = std::move(bytes)});
}

Result<void> OrderedWriter::place(std::size_t index, std::vector<std::byte>& bytes) {
  std::vector<Ready> ready;
  {
    std::unique_lock lock(mutex_);
    // The thread with the lowest index never waits, so somebody always moves on.
    changed_.wait(lock,
                  [&] { return abandoned_ || index == offsets_.size() || parked_bytes_ + bytes.size() <= kMaxParked; });
    if (abandoned_) return {};  // the failure that caused it is reported by the thread that met it
    if (index == offsets_.size()) {
      settle(bytes, ready);
      while (!parked_.empty() && parked_.begin()->first == offsets_.size()) {
        parked_bytes_ -= parked_.begin()->second.size();
        settle(parked_.begin()->second, ready);
        parked_.erase(parked_.begin());
      }
    } else {
      parked_bytes_ += bytes.size();
      parked_.emplace(index, std::move(bytes));
    }
    bytes = {};
    if (!spare_.empty()) {
      bytes = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  if (ready.empty()) return {};
  changed_.notify_all();
  for (const Ready& one : ready) ECE465_TRY(sink_.write_at(one.offset, one.bytes));
  const std::scoped_lock lock(mutex_);
  for (Ready& one : ready) {
    one.bytes.clear();
    spare_.push_back(std::move(one.bytes));
  }
  return {};
}

void OrderedWriter::abandon() {
  {
    const std::scoped_lock lock(mutex_);
    abandoned_ = true;
  }
  changed_.notify_all();
}

}  // namespace ece465::image::tiff
