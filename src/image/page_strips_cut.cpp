#include "page_strips_cut.hpp"

#include <algorithm>
#include <utility>

namespace ece465::image {
namespace {

/// How many shares `items` make, of at most as many items as fit `most` (each `size`), and at least one.
std::size_t shares(std::size_t items, std::uint64_t size, std::uint64_t most) {
  const auto together = static_cast<std::size_t>(std::clamp<std::uint64_t>(most / size, 1, items));
  return (items + together - 1) / together;
}

struct Share {
  std::size_t first, count;
};
/// Share `index` of `shares` about equal ones.
Share share(std::size_t items, std::size_t shares, std::size_t index) {
  const std::size_t first = items * index / shares;
  return {.first = first, .count = items * (index + 1) / shares - first};
}

}  // namespace

PageCut::PageCut(PageInfo page, std::size_t sample_bytes, std::uint64_t strip_bytes) : page_(std::move(page)) {
  page_.palette.reset();
  const std::uint64_t row_bytes = std::uint64_t{page_.rows_per_block} * page_.width * sample_bytes;
  down_ = shares(block_rows(), row_bytes, strip_bytes);
  if (page_.blocks_across > 1 && row_bytes > strip_bytes) {
    const std::uint64_t block_bytes = std::uint64_t{page_.rows_per_block} * columns_per_block() * sample_bytes;
    across_ = shares(page_.blocks_across, block_bytes, strip_bytes);
  }
}

std::uint32_t PageCut::columns_per_block() const {
  return page_.blocks_across > 1 ? page_.columns_per_block : page_.width;
}

GroupShape PageCut::group(std::size_t index) const {
  const Share rows = share(block_rows(), down_, index / across_);
  const Share columns = share(page_.blocks_across, across_, index % across_);
  GroupShape shape;
  // Either all columns, or one row: the blocks follow each other.
  shape.first_block = rows.first * page_.blocks_across + columns.first;
  shape.blocks = rows.count * columns.count;
  const GroupShape first = block(shape.first_block), last = block(shape.first_block + shape.blocks - 1);
  shape.first_row = first.first_row;
  shape.rows = last.first_row + last.rows - first.first_row;
  shape.first_column = first.first_column;
  shape.columns = last.first_column + last.columns - first.first_column;
  return shape;
}

GroupShape PageCut::block(std::size_t index) const {
  const auto row = static_cast<std::uint32_t>(index / page_.blocks_across);
  const auto column = static_cast<std::uint32_t>(index % page_.blocks_across);
  GroupShape shape{.first_block = index, .blocks = 1};
  shape.first_row = row * page_.rows_per_block;
  shape.rows = std::min(page_.rows_per_block, page_.height - shape.first_row);
  shape.first_column = column * columns_per_block();
  shape.columns = std::min(columns_per_block(), page_.width - shape.first_column);
  return shape;
}

std::size_t PageCut::most_blocks() const {
  const auto most = [](std::size_t items, std::size_t shares) { return (items + shares - 1) / shares; };
  return most(block_rows(), down_) * most(page_.blocks_across, across_);
}

}  // namespace ece465::image
