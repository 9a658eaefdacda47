#pragma once

#include <vector>

#include "ece465/image/page_strips.hpp"

namespace ece465::image {

/// Blocks of a page that lie together: a rectangle.
struct GroupShape {
  std::size_t first_block = 0, blocks = 0;
  std::uint32_t first_row = 0, rows = 0;
  std::uint32_t first_column = 0, columns = 0;
  [[nodiscard]] std::uint64_t samples() const { return std::uint64_t{rows} * columns; }
};

/// How a page's blocks are dealt out to groups: of about equal size, none above `strip_bytes` unless a block is, and
/// always rectangles: whole rows of tiles, or tiles of one row.
class PageCut {
 public:
  /// `page`: as its blocks are read; `sample_bytes`: of the samples that make up strips.
  PageCut(PageInfo page, std::size_t sample_bytes, std::uint64_t strip_bytes);

  [[nodiscard]] std::size_t groups() const { return down_ * across_; }
  [[nodiscard]] GroupShape group(std::size_t index) const;
  /// Where block `index` lies, and nothing but that.
  [[nodiscard]] GroupShape block(std::size_t index) const;
  /// The most blocks that a group has.
  [[nodiscard]] std::size_t most_blocks() const;

 private:
  [[nodiscard]] std::size_t block_rows() const { return page_.block_count / page_.blocks_across; }
  [[nodiscard]] std::uint32_t columns_per_block() const;

  PageInfo page_;
  std::size_t down_ = 1, across_ = 1;  // groups
};

}  // namespace ece465::image
