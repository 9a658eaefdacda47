#include "worker/buffer_pool.hpp"

#include <algorithm>

#include "ece465/base/guarded.hpp"

namespace ece465::cluster {
namespace {

/// More than any machine has. Not requested at all, because sanitizers abort the process on such sizes.
constexpr std::size_t kMaxBytes = std::size_t{1} << 40;

/// Whether an idle buffer is large enough and wastes at most an eighth: the budget is computed from strips' sizes.
bool fits(const Buffer& buffer, std::size_t size) {
  return buffer.capacity() >= size && buffer.capacity() - size <= size / 8;
}

}  // namespace

Result<Buffer> BufferPool::take(std::size_t size) {
  const std::string out_of_memory = fmt::format("not enough memory for {} bytes", size);
  if (size >= kMaxBytes) return fail(Errc::too_large, "{}", out_of_memory);
  Buffer buffer;
  const auto found = std::ranges::find_if(idle_, [size](const Buffer& b) { return fits(b, size); });
  if (found != idle_.end()) {
    buffer.swap(*found);
    found->swap(idle_.back());
    idle_.pop_back();
    idle_bytes_ -= buffer.capacity();
    buffer.resize(size);
  } else {
    while (idle_bytes_ > 0 && in_use_ + idle_bytes_ + size > budget_) {
      idle_bytes_ -= idle_.back().capacity();
      idle_.pop_back();
    }
    const auto allocate = [&]() -> Result<void> {
      buffer.resize(size);
      return {};
    };
    ECE465_TRY(guarded(allocate, out_of_memory));
  }
  in_use_ += buffer.capacity();
  return buffer;
}

void BufferPool::give_back(Buffer buffer) {
  in_use_ -= buffer.capacity();
  if (buffer.capacity() == 0 || in_use_ + idle_bytes_ + buffer.capacity() > budget_) return;
  idle_bytes_ += buffer.capacity();
  idle_.push_back(std::move(buffer));
}

}  // namespace ece465::cluster
