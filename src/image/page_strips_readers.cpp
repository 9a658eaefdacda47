#include "page_strips_readers.hpp"

namespace ece465::image {

/// One of the readers, in one thread's hands: taken out of the list, and put back. Unless all went well it starts
/// afresh the next time: what a decoder is like that failed halfway, nobody knows.
class PageReaders::Borrowed {
 public:
  explicit Borrowed(PageReaders& from) : from_(from) {
    std::unique_lock lock(from_.mutex_);
    from_.returned_.wait(lock, [&] { return !from_.free_.empty(); });
    source_ = std::move(from_.free_.back());
    from_.free_.pop_back();
  }
  ~Borrowed() {
    if (!is_well_) source_ = {};
    {
      const std::scoped_lock lock(from_.mutex_);
      from_.free_.push_back(std::move(source_));  // there was room for it before
    }
    from_.returned_.notify_one();
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Source& source() { return source_; }
  void is_well() { is_well_ = true; }

 private:
  PageReaders& from_;
  Source source_;
  bool is_well_ = false;
};

Result<void> PageReaders::read(std::size_t first, std::span<Block> out) {
  Borrowed borrowed(*this);
  Source& source = borrowed.source();
  ECE465_TRY(read(source, first, out));
  // A decoder that is through has done its work.
  if (!forward_only_ || source.next < conversion_.source().block_count) borrowed.is_well();
  return {};
}

Result<void> PageReaders::read(Source& source, std::size_t first, std::span<Block> out) const {
  if (!source.reader || (forward_only_ && source.next > first)) {
    source = {};
    ECE465_ASSIGN(auto blocks, reader_.read_page(page_));
    source.reader = conversion_.adapt(std::move(blocks));
  }
  while (forward_only_ && source.next < first) {
    ECE465_TRY(source.reader->read(source.next, source.scratch));
    ++source.next;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    ECE465_TRY(read_block(source, first + i, out[i]));
    source.next = first + i + 1;
  }
  return {};
}

Result<void> PageReaders::read_block(Source& source, std::size_t index, Block& out) const {
  if (!conversion_.prepares()) return source.reader->read(index, out);
  ECE465_TRY(source.reader->read(index, source.scratch));
  conversion_.prepare(source.scratch, out);
  return {};
}

void PageReaders::close() {
  const std::scoped_lock lock(mutex_);
  for (Source& source : free_) source = {};
}

}  // namespace ece465::image
