#include "worker/buffer_pool.hpp"

#include <algorithm>
#include <new>

namespace ece465::cluster {
namespace {

/// More than any machine has: not worth asking the system, of which some kinds end the program for it (sanitizers).
constexpr std::size_t kNobodyHas = std::size_t{1} << 40;

/// Whether a buffer is not too large to be used for `size` bytes: a large one for a small strip would break the
/// budget that is counted in strips.
bool suits(const Buffer& buffer, std::size_t size) {
  return buffer.capacity() >= size && buffer.capacity() - size <= size / 8;
}

}  // namespace

Result<Buffer> Buffers::take(std::size_t size) {
  const auto none = [size] { return fail(Errc::too_large, "no memory for {} bytes", size); };
  if (size >= kNobodyHas) return none();
  Buffer buffer;
  const auto found = std::ranges::find_if(idle_, [size](const Buffer& b) { return suits(b, size); });
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
    try {
      buffer.resize(size);
    } catch (const std::bad_alloc&) {
      return none();
    }
  }
  in_use_ += buffer.capacity();
  return buffer;
}

void Buffers::give_back(Buffer buffer) {
  in_use_ -= buffer.capacity();
  if (buffer.capacity() == 0 || in_use_ + idle_bytes_ + buffer.capacity() > budget_) return;
  idle_bytes_ += buffer.capacity();
  idle_.push_back(std::move(buffer));
}

}  // namespace ece465::cluster
