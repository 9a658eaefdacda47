#pragma once

#include <cstddef>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"

namespace ece465::cluster {

/// Memory for the samples of requests, used again and again: fresh memory is a page fault for every 4 KiB, which
/// costs about as much as the counting. Used from one thread. Large blocks should come from the system, past the heap
/// (`ece465 worker` asks for that): there, megabytes that come and go between small pieces let a worker grow.
class Buffers {
 public:
  /// What is in use and what waits to be used again stay within `budget` together, as long as what is in use does.
  explicit Buffers(std::size_t budget) : budget_(budget) {}

  /// Memory for `size` bytes, with anything in it. Fails with `too_large`: there is none, or nobody has that much.
  [[nodiscard]] Result<Buffer> take(std::size_t size);
  /// Takes back what `take` gave, for the next one.
  void give_back(Buffer buffer);

  [[nodiscard]] std::size_t in_use() const { return in_use_; }
  [[nodiscard]] std::size_t idle() const { return idle_bytes_; }

 private:
  std::size_t budget_;
  std::size_t in_use_ = 0, idle_bytes_ = 0;
  std::vector<Buffer> idle_;
};

}  // namespace ece465::cluster
