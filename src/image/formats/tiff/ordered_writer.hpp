#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "ece465/base/byte_sink.hpp"

namespace ece465::image::tiff {

/// Writes encoded blocks to the file in the order of their indices, in whatever order threads finish them, so that the
/// file does not depend on the number of threads. Blocks that come too early are pending; if too many bytes are
/// pending, their threads wait.
class OrderedWriter {
 public:
  /// Blocks follow each other from `start` on.
  OrderedWriter(ByteSink& sink, std::uint64_t start) : sink_(sink), end_(start) {}

  /// Takes the bytes of block `index`; `bytes` is then an empty buffer for reuse. Call once per index. Fails with `io`.
  [[nodiscard]] Result<void> write(std::size_t index, std::vector<std::byte>& bytes);
  /// Wakes threads that wait for a block that will not come. Drops blocks from then on.
  void abandon();

  /// After the last block: the number of blocks, the offset of each, and the end of the last one.
  [[nodiscard]] std::size_t written() const { return offsets_.size(); }
  [[nodiscard]] std::uint64_t offset(std::size_t index) const { return offsets_[index]; }
  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  struct Ready {
    std::uint64_t offset;
    std::vector<std::byte> bytes;
  };
  void assign_offset(std::vector<std::byte>& bytes, std::vector<Ready>& ready);

  ByteSink& sink_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::uint64_t end_;
  std::vector<std::uint64_t> offsets_;  // of blocks in order; their number is the next index
  std::map<std::size_t, std::vector<std::byte>> pending_;
  std::size_t pending_bytes_ = 0;
  std::vector<std::vector<std::byte>> spare_;  // buffers for reuse
  bool abandoned_ = false;
};

}  // namespace ece465::image::tiff
