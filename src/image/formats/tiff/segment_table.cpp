#include "segment_table.hpp"

#include <algorithm>

namespace ece465::image::tiff {
namespace {

/// An upper bound for the number of bytes that one compressed byte can decode to; 0: there is none.
std::uint64_t max_expansion(std::uint16_t method) {
  switch (method) {
    case compression::kPackBits: return 64;  // two bytes for a run of 128 (TIFF 6.0, section 9)
    case compression::kDeflate:
    case compression::kAdobeDeflate:
      return 1032;  // two bits for a match of 258 bytes (RFC 1951, 3.2.5)
    // Code 258 is a string of 2 bytes, and each later one is at most a byte longer. The last is 4094 (TIFF 6.0, section
    // 13): 12 bits for 3838 bytes, or 2559 per byte; rounded up.
    case compression::kLzw: return 4096;
    default: return 0;
  }
}

}  // namespace

std::uint64_t table_bytes(const PageSpec& spec) {
  // Offset and size of the input, and of the output.
  return std::uint64_t{spec.segments()} * (spec.compression == compression::kNone ? 16 : 32);
}

std::uint64_t SegmentTable::decoded_bytes(std::size_t segment) const {
  return segment % per_plane_ == per_plane_ - 1 ? last_bytes_ : full_bytes_;
}

SegmentTable::Extent SegmentTable::at(std::size_t segment) const {
  if (compressed_) return extents_[segment];
  const Run& run = *std::prev(std::ranges::upper_bound(runs_, segment, {}, &Run::first));
  return {.offset = run.offset + (segment - run.first) * full_bytes_, .bytes = decoded_bytes(segment)};
}

std::size_t SegmentTable::run_length(std::size_t segment) const {
  const auto next = std::ranges::upper_bound(runs_, segment, {}, &Run::first);
  return (next == runs_.end() ? segments_ : next->first) - segment;
}

Result<SegmentTable> SegmentTable::read(const Directory& directory, const PageSpec& spec, const ValueReader& values) {
  SegmentTable table;
  table.segments_ = spec.segments();
  table.per_plane_ = spec.segments_per_plane();
  table.full_bytes_ = spec.segment_bytes();
  table.last_bytes_ = spec.stored_bytes(spec.stored_rows(table.per_plane_ - 1));
  table.compressed_ = spec.compression != compression::kNone;
  const Entry* offsets = segment_offsets(directory);
  const Entry* sizes = segment_sizes(directory);
  const std::uint64_t file_bytes = values.source().size();
  if (sizes == nullptr && table.compressed_ && table.segments_ > 1) {
    return fail(Errc::corrupt, "the sizes of the compressed {}s are missing", spec.tiled ? "tile" : "strip");
  }
  constexpr std::size_t kChunk = 1024;
  std::array<std::uint64_t, kChunk> offset_chunk{}, size_chunk{};
  for (std::size_t first = 0; first < table.segments_; first += kChunk) {
    const std::size_t n = std::min(kChunk, table.segments_ - first);
    ECE465_TRY(values.integers(*offsets, first, std::span(offset_chunk).first(n)));
    if (sizes != nullptr) ECE465_TRY(values.integers(*sizes, first, std::span(size_chunk).first(n)));
    for (std::size_t i = 0; i < n; ++i) {
      const Extent claimed{.offset = offset_chunk[i], .bytes = size_chunk[i]};
      ECE465_ASSIGN(const Extent extent, table.check(first + i, spec, claimed, file_bytes));
      table.add(first + i, extent);
    }
  }
  return table;
}

Result<SegmentTable::Extent> SegmentTable::check(std::size_t segment, const PageSpec& spec, Extent extent,
                                                 std::uint64_t file_bytes) const {
  const std::uint64_t decoded = decoded_bytes(segment);
  const auto name = [&] { return spec.segment_name(segment); };
  if (extent.offset == 0) {
    return fail(Errc::corrupt, "{} is missing (a sparse or unfinished file)", name());
  }
  if (compressed_) {
    // As in libtiff, a single strip of unknown size extends to the end of the file.
    if (extent.bytes == 0 && segments_ == 1 && extent.offset < file_bytes) extent.bytes = file_bytes - extent.offset;
    if (extent.bytes == 0) return fail(Errc::corrupt, "{} has no bytes", name());
    const std::uint64_t expansion = max_expansion(spec.compression);
    if (expansion != 0 && decoded / expansion > extent.bytes + 1) {
      return fail(Errc::corrupt, "{} cannot contain {} bytes of pixels in {}", name(), decoded, extent.bytes);
    }
  } else {
    // A size of 0 can be computed; one that is too small is an error.
    if (extent.bytes != 0 && extent.bytes < decoded) {
      return fail(Errc::corrupt, "{} has {} bytes; its pixels need {}", name(), extent.bytes, decoded);
    }
    extent.bytes = decoded;
  }
  if (extent.offset > file_bytes || extent.bytes > file_bytes - extent.offset) {
    return fail(Errc::corrupt, "ends early: {} has {} bytes at offset {}; the file has {}", name(), extent.bytes,
                extent.offset, file_bytes);
  }
  return extent;
}

void SegmentTable::add(std::size_t segment, Extent extent) {
  if (compressed_) {
    extents_.push_back(extent);
    return;
  }
  // Runs end with their plane, so that a run's segments are all of one size but the last.
  const bool starts_plane = segment % per_plane_ == 0;
  if (starts_plane || extent.offset != end_) runs_.push_back({.first = segment, .offset = extent.offset});
  end_ = extent.offset + extent.bytes;
}

}  // namespace ece465::image::tiff
