#include "ece465/mapreduce/splitter.hpp"

#include <algorithm>

#include "ece465/base/limits.hpp"

namespace ece465::mapreduce {
namespace {

std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) { return a / b + (a % b == 0 ? 0 : 1); }

}  // namespace

Result<std::vector<ImageStrip>> split_page(const PageShape& page, std::uint64_t strip_bytes) {
  if (page.width == 0 || page.height == 0 || page.sample_bytes == 0 || page.planes == 0 || page.rows_together == 0) {
    return fail(Errc::usage, "cannot split a page of {} x {}, {} bytes a sample, {} planes, {} rows together",
                page.width, page.height, page.sample_bytes, page.planes, page.rows_together);
  }
  const std::uint64_t row_bytes = std::uint64_t{page.width} * page.sample_bytes;
  // First how many strips, then their height, so that no sliver is left at the bottom.
  const std::uint64_t blocks = divide_up(page.height, page.rows_together);
  const std::uint64_t wanted_rows = std::max<std::uint64_t>(strip_bytes / row_bytes, 1);
  const std::uint64_t wanted_blocks = std::max<std::uint64_t>(wanted_rows / page.rows_together, 1);
  const std::uint64_t blocks_each = divide_up(blocks, divide_up(blocks, wanted_blocks));
  const std::uint64_t count = divide_up(blocks, blocks_each);
  if (count > Limits{}.max_blocks / page.planes) {
    return fail(Errc::too_large, "{} strips in {} planes; the limit is {}", count, page.planes, Limits{}.max_blocks);
  }

  std::vector<ImageStrip> strips;
  strips.reserve(count * page.planes);
  const std::uint64_t rows_each = blocks_each * page.rows_together;
  for (std::uint64_t first = 0; first < page.height; first += rows_each) {
    const std::uint64_t rows = std::min(rows_each, page.height - first);
    for (std::uint32_t plane = 0; plane < page.planes; ++plane) {
      strips.push_back({.plane = plane,
                        .first_row = static_cast<std::uint32_t>(first),
                        .rows = static_cast<std::uint32_t>(rows),
                        .bytes = rows * row_bytes});
    }
  }
  return strips;
}

Result<std::vector<TextChunk>> split_text(std::span<const std::uint64_t> file_bytes, const BoundaryFinder& boundary,
                                          std::uint64_t chunk_bytes) {
  std::vector<TextChunk> chunks;
  for (std::uint32_t file = 0; file < file_bytes.size(); ++file) {
    const std::uint64_t size = file_bytes[file];
    for (std::uint64_t offset = 0; offset < size;) {
      std::uint64_t end = size;
      const std::uint64_t step = std::max<std::uint64_t>(chunk_bytes, 1);
      if (size - offset > step) {
        ECE465_ASSIGN(end, boundary(file, offset + step));
        // Whatever the finder says, chunks move on and stay inside.
        end = std::clamp(end, offset + step, size);
      }
      if (chunks.size() == Limits{}.max_blocks) {
        return fail(Errc::too_large, "more than {} chunks of {} bytes", Limits{}.max_blocks, chunk_bytes);
      }
      chunks.push_back({.file = file, .offset = offset, .bytes = end - offset});
      offset = end;
    }
  }
  return chunks;
}

}  // namespace ece465::mapreduce
