#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "conversion.hpp"

namespace ece465::image {

/// A page's blocks, prepared to be counted, for whichever thread asks. Where blocks can be had in any order there are
/// as many readers as threads; who comes when all of them are busy waits. Else there is one decoder, which goes
/// forward only: what lies before its place is decoded again from the beginning.
class PageReaders {
 public:
  /// Everything outlives this. `most`: readers at once.
  PageReaders(const ImageReader& reader, std::size_t page, const Conversion& conversion, unsigned most)
      : reader_(reader),
        page_(page),
        conversion_(conversion),
        forward_only_(!conversion.source().any_order),
        free_(forward_only_ ? 1 : most) {}

  /// Reads blocks [first, first + out.size()). Thread-safe.
  [[nodiscard]] Result<void> read(std::size_t first, std::span<Block> out);
  /// Gives the readers' memory back; they are made again when they are wanted.
  void close();

 private:
  struct Source {
    std::unique_ptr<BlockReader> reader;
    std::size_t next = 0;  // the block that is decoded next, for those that go forward only
    Block scratch;
  };
  class Borrowed;

  [[nodiscard]] Result<void> read(Source& source, std::size_t first, std::span<Block> out) const;
  [[nodiscard]] Result<void> read_block(Source& source, std::size_t index, Block& out) const;

  const ImageReader& reader_;
  std::size_t page_;
  const Conversion& conversion_;
  bool forward_only_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable returned_;
  std::vector<Source> free_;
};

}  // namespace ece465::image
