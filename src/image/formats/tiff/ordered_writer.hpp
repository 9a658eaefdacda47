#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "ece465/base/byte_sink.hpp"

namespace ece465::image::tiff {

/// Puts encoded blocks into the file in the order of their indices, whatever the order in which threads finish
/// them, so that a file does not depend on the number of threads. Blocks that come too early are parked; when too
/// many bytes are, their threads wait.
class OrderedWriter {
 public:
  /// Blocks follow each other from `start` on.
  OrderedWriter(ByteSink& sink, std::uint64_t start) : sink_(sink), end_(start) {}

  /// Takes the bytes of block `index` over and leaves `bytes` empty, with somebody's buffer to use again. Called once
  /// for every index. Fails with `io`.
  [[nodiscard]] Result<void> place(std::size_t index, std::vector<std::byte>& bytes);
  /// Wakes threads that wait for a block that will never come. What is placed afterwards is dropped.
  void abandon();

  /// After the last block: how many came, where each is, and where the next page may begin.
  [[nodiscard]] std::size_t placed() const { return offsets_.size(); }
  [[nodiscard]] std::uint64_t offset(std::size_t index) const { return offsets_[index]; }
  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  struct Ready {
    std::uint64_t offset;
    std::vector<std::byte> bytes;
  };
  void settle(std::vector<std::byte>& bytes, std::vector<Ready>& ready);

  ByteSink& sink_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::uint64_t end_;
  std::vector<std::uint64_t> offsets_;  // of the blocks placed; their number is the next index
  std::map<std::size_t, std::vector<std::byte>> parked_;
  std::size_t parked_bytes_ = 0;
  std::vector<std::vector<std::byte>> spare_;  // buffers to use again
  bool abandoned_ = false;
};

}  // namespace ece465::image::tiff
