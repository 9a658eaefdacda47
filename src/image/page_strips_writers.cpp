#include "page_strips_writers.hpp"

namespace ece465::image {

/// A block writer in one thread's hands. Unless it comes back well, blocks are lost, and whoever waits for them has
/// to know.
class GroupWriters::Lease {
 public:
  Lease(GroupWriters& from, Slot slot) : from_(from), slot_(std::move(slot)) {}
  ~Lease() {
    if (!is_well_) {
      from_.abandon();
      return;
    }
    {
      const std::scoped_lock lock(from_.mutex_);
      from_.free_.push_back(std::move(slot_));  // there was room for it before
    }
    from_.changed_.notify_all();
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Slot& slot() { return slot_; }
  void is_well() { is_well_ = true; }

 private:
  GroupWriters& from_;
  Slot slot_;
  bool is_well_ = false;
};

Result<void> GroupWriters::begin(ImageWriter& writer, std::size_t page, const Conversion& conversion, unsigned most) {
  conversion_ = &conversion;
  ECE465_ASSIGN(auto opened, writer.begin_page(page, conversion.target()));
  const bool any_order = opened->any_order();
  using Order = PageStrips::WriteOrder;
  order_ = !any_order ? Order::one_by_one : opened->waits_for_lower() ? Order::ascending : Order::any;
  std::vector<Slot> slots(any_order ? most : 1);
  for (Slot& slot : slots) {
    ECE465_ASSIGN(slot.writer, opened->open_blocks());
  }
  const std::scoped_lock lock(mutex_);
  page_ = std::move(opened);
  free_ = std::move(slots);
  return {};
}

Result<GroupWriters::Slot> GroupWriters::take(std::size_t group) {
  std::unique_lock lock(mutex_);
  // Threads that were given groups in order need not arrive in order.
  const bool in_order = order_ != PageStrips::WriteOrder::any;
  changed_.wait(lock, [&] { return abandoned_ || (!free_.empty() && (!in_order || group <= next_)); });
  if (abandoned_) return fail(Errc::cancelled, "the page was abandoned");
  if (in_order && group < next_) return fail(Errc::internal, "group {} was written already", group);
  ++next_;
  Slot slot = std::move(free_.back());
  free_.pop_back();
  lock.unlock();
  changed_.notify_all();
  return slot;
}

Result<void> GroupWriters::write(std::size_t group, std::size_t first_block, std::span<Block> blocks) {
  auto slot = take(group);
  if (!slot) {
    abandon();
    return std::unexpected(std::move(slot).error());
  }
  Lease lent(*this, *std::move(slot));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    Block& block = conversion_->finish(blocks[i], lent.slot().a, lent.slot().b);
    ECE465_TRY(lent.slot().writer->write(first_block + i, block));
  }
  lent.is_well();
  return {};
}

Result<void> GroupWriters::finish() {
  {
    const std::scoped_lock lock(mutex_);
    if (!page_ || abandoned_) return fail(Errc::internal, "the page is not being written");
  }
  ECE465_TRY(page_->finish());
  const std::scoped_lock lock(mutex_);
  free_.clear();
  page_.reset();
  return {};
}

void GroupWriters::abandon() {
  {
    const std::scoped_lock lock(mutex_);
    abandoned_ = true;
    if (page_) page_->abandon();
  }
  changed_.notify_all();
}

}  // namespace ece465::image
