#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "conversion.hpp"
#include "ece465/image/page_strips.hpp"

namespace ece465::image {

/// The way of mapped blocks into a page's writer. There are as many block writers as threads, where the format allows;
/// they are lent out in the order in which groups come, so that who waits for lower blocks waits for somebody who
/// can write them.
class GroupWriters {
 public:
  /// See PageStrips. `conversion` outlives this.
  [[nodiscard]] Result<void> begin(ImageWriter& writer, std::size_t page, const Conversion& conversion, unsigned most);
  [[nodiscard]] bool is_open() const { return page_ != nullptr; }
  [[nodiscard]] PageStrips::WriteOrder order() const { return order_; }
  /// Writes group `group`, whose blocks are `blocks` from `first_block` on, and may take their buffers. Thread-safe.
  [[nodiscard]] Result<void> write(std::size_t group, std::size_t first_block, std::span<Block> blocks);
  [[nodiscard]] Result<void> finish();
  void abandon();

 private:
  struct Slot {
    std::unique_ptr<BlockWriter> writer;
    Block a, b;
  };
  class Lease;

  [[nodiscard]] Result<Slot> take(std::size_t group);

  const Conversion* conversion_ = nullptr;
  PageStrips::WriteOrder order_ = PageStrips::WriteOrder::any;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::unique_ptr<PageWriter> page_;
  std::vector<Slot> free_;
  std::size_t next_ = 0;  // the group that is lent a writer next, where they go in order
  bool abandoned_ = false;
};

}  // namespace ece465::image
