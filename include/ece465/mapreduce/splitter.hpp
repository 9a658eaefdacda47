#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "ece465/base/result.hpp"

/// Cuts a job's input into strips of about equal bytes. Many per worker, so that a fast worker does more; large
/// enough that a strip's message costs more than its header.

namespace ece465::mapreduce {

inline constexpr std::uint64_t kStripBytes = std::uint64_t{1} << 20;

/// The pixels of one page, as planes of samples that are mapped on their own.
struct PageShape {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t sample_bytes = 1;   ///< 1 or 2
  std::uint32_t planes = 1;         ///< 1, or one per channel
  std::uint32_t rows_together = 1;  ///< strips start at multiples of this: blocks that decode as one
};

/// Full rows [first_row, first_row + rows) of one plane.
struct ImageStrip {
  std::uint32_t plane = 0;
  std::uint32_t first_row = 0;
  std::uint32_t rows = 0;
  std::uint64_t bytes = 0;
  bool operator==(const ImageStrip&) const = default;
};

/// Every plane's rows, cut alike: strips are about `strip_bytes`, never less than `rows_together` rows, and of
/// nearly equal size. By rows first, then planes, as a decoder delivers them. Fails with `too_large` when there
/// would be more strips than `Limits::max_blocks`, `usage` for a shape with a zero in it.
[[nodiscard]] Result<std::vector<ImageStrip>> split_page(const PageShape& page,
                                                         std::uint64_t strip_bytes = kStripBytes);

/// Bytes [offset, offset + bytes) of one file of several.
struct TextChunk {
  std::uint32_t file = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  bool operator==(const TextChunk&) const = default;
};

/// Finds the first safe place to cut `file` at or after `offset`: behind a separator, or the end of the file.
using BoundaryFinder = std::function<Result<std::uint64_t>(std::uint32_t file, std::uint64_t offset)>;

/// Cuts files of the given sizes into chunks of about `chunk_bytes` that begin and end where `boundary` allows.
/// A word longer than a chunk makes a longer chunk. Empty files give none. Passes on what `boundary` fails with;
/// `too_large` as above.
[[nodiscard]] Result<std::vector<TextChunk>> split_text(std::span<const std::uint64_t> file_bytes,
                                                        const BoundaryFinder& boundary,
                                                        std::uint64_t chunk_bytes = kStripBytes);

}  // namespace ece465::mapreduce
