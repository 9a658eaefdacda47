#include "buffers.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace ece465::cluster {
namespace {

/// From here on memory is mapped. Smaller pieces are better off on the heap, which has them ready.
constexpr std::size_t kMapped = std::size_t{64} << 10;
constexpr std::size_t kPage = 4096;

/// Whether a buffer is not too large to be used for `size` bytes: a large one for a small strip would break the
/// budget that is counted in strips.
bool suits(const SampleBuffer& buffer, std::size_t size) {
  return buffer.capacity() >= size && buffer.capacity() - size <= size / 8;
}

}  // namespace

bool SampleBuffer::allocate(std::size_t size) {
  if (size < kMapped) {
    data_ = new (std::nothrow) std::byte[size];
    if (data_ == nullptr) return false;
    capacity_ = size;
  } else {
    capacity_ = (size + kPage - 1) / kPage * kPage;
    void* const memory = ::mmap(nullptr, capacity_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      capacity_ = 0;
      return false;
    }
    data_ = static_cast<std::byte*>(memory);
  }
  size_ = size;
  return true;
}

void SampleBuffer::free() {
  if (capacity_ < kMapped) {
    delete[] data_;
  } else {
    ::munmap(data_, capacity_);
  }
}

Result<SampleBuffer> Buffers::take(std::size_t size) {
  SampleBuffer buffer;
  const auto found = std::ranges::find_if(idle_, [size](const SampleBuffer& b) { return suits(b, size); });
  if (found != idle_.end()) {
    buffer.swap(*found);
    found->swap(idle_.back());
    idle_.pop_back();
    idle_bytes_ -= buffer.capacity();
    buffer.size_ = size;
  } else {
    while (idle_bytes_ > 0 && in_use_ + idle_bytes_ + size > budget_) {
      idle_bytes_ -= idle_.back().capacity();
      idle_.pop_back();
    }
    if (!buffer.allocate(size)) return fail(Errc::too_large, "no memory for {} bytes", size);
  }
  in_use_ += buffer.capacity();
  return buffer;
}

void Buffers::give_back(SampleBuffer buffer) {
  in_use_ -= buffer.capacity();
  if (buffer.capacity() == 0 || in_use_ + idle_bytes_ + buffer.capacity() > budget_) return;
  idle_bytes_ += buffer.capacity();
  idle_.push_back(std::move(buffer));
}

}  // namespace ece465::cluster
