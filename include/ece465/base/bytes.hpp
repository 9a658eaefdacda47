#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ece465/base/pool.hpp"

namespace ece465 {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Reads an unsigned integer in byte order `order` from `sizeof(T)` bytes.
template <class T>
[[nodiscard]] T load(const std::byte* from, std::endian order) {
  static_assert(std::is_unsigned_v<T>);
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    const std::size_t at = order == std::endian::big ? i : sizeof(T) - 1 - i;
    value = static_cast<T>(static_cast<T>(value << (sizeof(T) > 1 ? 8 : 0)) | std::to_integer<T>(from[at]));
  }
  return value;
}

/// Writes an unsigned integer in byte order `order` to `sizeof(T)` bytes.
template <class T>
void store(std::byte* to, T value, std::endian order) {
  static_assert(std::is_unsigned_v<T>);
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    const std::size_t shift = 8 * (order == std::endian::big ? sizeof(T) - 1 - i : i);
    to[i] = static_cast<std::byte>(value >> shift);
  }
}

/// A block of uninitialized memory that keeps its capacity when it shrinks. Pixels are written before they are read,
/// and touching fresh memory costs as much as processing it.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size) { resize(size); }
  /// Allocates from `pool` while it has memory left, then from the heap. The pool must outlive the buffer.
  explicit Buffer(Pool& pool) : pool_(&pool) {}
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer moved(std::move(other));  // leaves `other` empty, instead of with our old contents
    swap(moved);
    return *this;
  }

  /// Keeps the contents only if `size` is within the capacity. Throws std::bad_alloc.
  void resize(std::size_t size) {
    if (size > capacity_) {
      std::byte* const pooled = pool_ != nullptr ? pool_->take(size) : nullptr;
      data_ = pooled != nullptr ? Memory(pooled, {.pooled = true}) : Memory(new std::byte[size], {.pooled = false});
      capacity_ = size;
    }
    size_ = size;
  }
  [[nodiscard]] std::byte* data() { return data_.get(); }
  [[nodiscard]] const std::byte* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// The largest size that needs no new allocation.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] MutableBytes span() { return {data_.get(), size_}; }
  [[nodiscard]] Bytes span() const { return {data_.get(), size_}; }
  void swap(Buffer& other) noexcept {
    data_.swap(other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(pool_, other.pool_);
  }

 private:
  struct Release {
    bool pooled;  // the pool frees it
    void operator()(const std::byte* memory) const {
      if (!pooled) delete[] memory;
    }
  };
  using Memory = std::unique_ptr<std::byte[], Release>;

  Pool* pool_ = nullptr;
  Memory data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace ece465
