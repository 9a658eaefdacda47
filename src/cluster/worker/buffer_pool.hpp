#pragma once

#include <cstddef>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"

namespace ece465::cluster {

/// Reuses the memory of requests' samples: fresh memory costs a page fault for every 4 KiB, about as much as counting
/// its samples. Not thread-safe. `ece465 worker` makes malloc take large blocks from mmap, because on the heap they
/// would fragment it and the process would grow.
class BufferPool {
 public:
  /// Buffers in use and idle ones stay within `budget` together, unless those in use exceed it on their own.
  explicit BufferPool(std::size_t budget) : budget_(budget) {}

  /// A buffer of `size` bytes, contents undefined. Fails with `too_large` when the memory cannot be had.
  [[nodiscard]] Result<Buffer> take(std::size_t size);
  /// Returns a buffer that `take` gave.
  void give_back(Buffer buffer);

  [[nodiscard]] std::size_t in_use() const { return in_use_; }
  [[nodiscard]] std::size_t idle() const { return idle_bytes_; }

 private:
  std::size_t budget_;
  std::size_t in_use_ = 0, idle_bytes_ = 0;
  std::vector<Buffer> idle_;
};

}  // namespace ece465::cluster
