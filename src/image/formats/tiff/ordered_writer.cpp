#include "ordered_writer.hpp"

#include <utility>

namespace ece465::image::tiff {
namespace {

constexpr std::size_t kMaxPendingBytes = std::size_t{4} << 20;  // dozens of usual blocks, and little memory

}  // namespace

void OrderedWriter::assign_offset(std::vector<std::byte>& bytes, std::vector<Ready>& ready) {
  offsets_.push_back(end_);
  const std::uint64_t offset = end_;
  end_ += bytes.size();
  ready.push_back({.offset = offset, .bytes = std::move(bytes)});
}

Result<void> OrderedWriter::write(std::size_t index, std::vector<std::byte>& bytes) {
  std::vector<Ready> ready;
  {
    std::unique_lock lock(mutex_);
    // The thread with the lowest index never waits, so there is always progress.
    changed_.wait(lock, [&] {
      return abandoned_ || index == offsets_.size() || pending_bytes_ + bytes.size() <= kMaxPendingBytes;
    });
    if (abandoned_) return {};  // the thread that failed reports the error
    if (index == offsets_.size()) {
      assign_offset(bytes, ready);
      while (!pending_.empty() && pending_.begin()->first == offsets_.size()) {
        pending_bytes_ -= pending_.begin()->second.size();
        assign_offset(pending_.begin()->second, ready);
        pending_.erase(pending_.begin());
      }
    } else {
      pending_bytes_ += bytes.size();
      pending_.emplace(index, std::move(bytes));
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
