#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"

namespace ece465::cluster {

/// Memory for what follows one request. A large one comes from the system, past the heap: there, megabytes that come
/// and go between small pieces let a worker grow from 21 to 29 MB over ninety jobs.
class SampleBuffer {
 public:
  SampleBuffer() = default;
  ~SampleBuffer() { free(); }
  SampleBuffer(SampleBuffer&& other) noexcept { swap(other); }
  SampleBuffer& operator=(SampleBuffer&& other) noexcept {
    SampleBuffer moved(std::move(other));
    swap(moved);
    return *this;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Memory that it takes up.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] MutableBytes span() { return {data_, size_}; }
  [[nodiscard]] Bytes span() const { return {data_, size_}; }
  void swap(SampleBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  friend class Buffers;
  /// False: there is no memory.
  [[nodiscard]] bool allocate(std::size_t size);
  void free();

  std::byte* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

/// Memory for the samples of requests, used again and again: fresh memory is a page fault for every 4 KiB, which
/// costs about as much as the counting. Used from one thread.
class Buffers {
 public:
  /// What is in use and what waits to be used again stay within `budget` together, as long as what is in use does.
  explicit Buffers(std::size_t budget) : budget_(budget) {}

  /// Memory for `size` bytes, with anything in it. Fails with `too_large`: there is none.
  [[nodiscard]] Result<SampleBuffer> take(std::size_t size);
  /// Takes back what `take` gave, for the next one.
  void give_back(SampleBuffer buffer);

  [[nodiscard]] std::size_t in_use() const { return in_use_; }
  [[nodiscard]] std::size_t idle() const { return idle_bytes_; }

 private:
  std::size_t budget_;
  std::size_t in_use_ = 0, idle_bytes_ = 0;
  std::vector<SampleBuffer> idle_;
};

}  // namespace ece465::cluster
