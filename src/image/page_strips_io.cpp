#include "page_strips_impl.hpp"

namespace ece465::image {

/// Exclusive use of one reader. It is closed unless `succeeded` was called: the state of a failed decoder is unknown.
class PageReaders::Lease {
 public:
  explicit Lease(PageReaders& owner) : owner_(owner) {
    std::unique_lock lock(owner_.mutex_);
    owner_.returned_.wait(lock, [&] { return !owner_.free_.empty(); });
    slot_ = std::move(owner_.free_.back());
    owner_.free_.pop_back();
  }
  ~Lease() {
    if (!succeeded_) slot_ = {};
    {
      const std::scoped_lock lock(owner_.mutex_);
      owner_.free_.push_back(std::move(slot_));  // cannot allocate: the capacity is there
    }
    owner_.returned_.notify_one();
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Slot& slot() { return slot_; }
  void succeeded() { succeeded_ = true; }

 private:
  PageReaders& owner_;
  Slot slot_;
  bool succeeded_ = false;
};

Result<void> PageReaders::read(std::size_t first, std::span<Block> out) {
  Lease lease(*this);
  ECE465_TRY(read(lease.slot(), first, out));
  // A forward-only decoder at the end is of no further use.
  if (!forward_only_ || lease.slot().next < conversion_.source().block_count) lease.succeeded();
  return {};
}

Result<void> PageReaders::read(Slot& slot, std::size_t first, std::span<Block> out) const {
  if (!slot.reader || (forward_only_ && slot.next > first)) {
    slot = {};
    ECE465_ASSIGN(auto blocks, reader_.read_page(page_));
    slot.reader = conversion_.adapt(std::move(blocks));
  }
  while (forward_only_ && slot.next < first) {
    ECE465_TRY(slot.reader->read(slot.next, slot.scratch));
    ++slot.next;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    ECE465_TRY(read_block(slot, first + i, out[i]));
    slot.next = first + i + 1;
  }
  return {};
}

Result<void> PageReaders::read_block(Slot& slot, std::size_t index, Block& out) const {
  if (!conversion_.prepares()) return slot.reader->read(index, out);
  ECE465_TRY(slot.reader->read(index, slot.scratch));
  conversion_.prepare(slot.scratch, out);
  return {};
}

void PageReaders::close() {
  const std::scoped_lock lock(mutex_);
  for (Slot& slot : free_) slot = {};
}

/// Exclusive use of one block writer. Unless `succeeded` was called, blocks are missing, and the page is abandoned.
class GroupWriters::Lease {
 public:
  Lease(GroupWriters& owner, Slot slot) : owner_(owner), slot_(std::move(slot)) {}
  ~Lease() {
    if (!succeeded_) {
      owner_.abandon();
      return;
    }
    {
      const std::scoped_lock lock(owner_.mutex_);
      owner_.free_.push_back(std::move(slot_));  // cannot allocate: the capacity is there
    }
    owner_.changed_.notify_all();
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Slot& slot() { return slot_; }
  void succeeded() { succeeded_ = true; }

 private:
  GroupWriters& owner_;
  Slot slot_;
  bool succeeded_ = false;
};

Result<void> GroupWriters::begin(ImageWriter& writer, std::size_t page, const Conversion& conversion,
                                 unsigned max_writers) {
  conversion_ = &conversion;
  ECE465_ASSIGN(auto opened, writer.begin_page(page, conversion.target()));
  const bool any_order = opened->any_order();
  using Order = PageStrips::WriteOrder;
  order_ = !any_order ? Order::one_by_one : opened->waits_for_lower() ? Order::ascending : Order::any;
  std::vector<Slot> slots(any_order ? max_writers : 1);
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
  // Threads that were assigned groups in order may arrive in another order.
  const bool in_order = order_ != PageStrips::WriteOrder::any;
  changed_.wait(lock, [&] { return abandoned_ || (!free_.empty() && (!in_order || group <= next_)); });
  if (abandoned_) return fail(Errc::cancelled, "the page was abandoned");
  if (in_order && group < next_) return fail(Errc::internal, "group {} is already written", group);
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
  Lease lease(*this, *std::move(slot));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    Block& block = conversion_->finish(blocks[i], lease.slot().a, lease.slot().b);
    ECE465_TRY(lease.slot().writer->write(first_block + i, block));
  }
  lease.succeeded();
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
