#include "segment_table.hpp"

#include <algorithm>

namespace ece465::image::tiff {
namespace {

/// The most that a byte of compressed data can stand for, where there is such a bound; a little generous.
std::uint64_t max_expansion(std::uint16_t method) {
  switch (method) {
    case compression::kPackBits: return 64;  // two bytes for 128
    case compression::kDeflate:
    case compression::kAdobeDeflate: return 1032;
    case compression::kLzw: return 4096;  // a code of 12 bits for a string of at most 3838 bytes
    default: return 0;
  }
}

}  // namespace

std::uint64_t table_bytes(const PageSpec& spec) {
  // Offset and size as read, and again as written.
  return std::uint64_t{spec.segments()} * (spec.compression == compression::kNone ? 16 : 32);
}

std::uint64_t SegmentTable::decoded_bytes(std::size_t segment) const {
  return segment % per_plane_ == per_plane_ - 1 ? last_bytes_ : full_bytes_;
}

SegmentTable::Place SegmentTable::at(std::size_t segment) const {
  if (compressed_) return places_[segment];
  const Run& run = *std::prev(std::ranges::upper_bound(runs_, segment, {}, &Run::first));
  return {.offset = run.offset + (segment - run.first) * full_bytes_, .bytes = decoded_bytes(segment)};
}

std::size_t SegmentTable::run(std::size_t segment) const {
  const auto next = std::ranges::upper_bound(runs_, segment, {}, &Run::first);
  return (next == runs_.end() ? segments_ : next->first) - segment;
}

Result<SegmentTable> SegmentTable::read(const Directory& directory, const PageSpec& spec, const Values& values) {
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
    return fail(Errc::corrupt, "does not say how large its compressed {}s are", spec.tiled ? "tile" : "strip");
  }
  constexpr std::size_t kChunk = 1024;
  std::array<std::uint64_t, kChunk> offset_chunk{}, size_chunk{};
  for (std::size_t first = 0; first < table.segments_; first += kChunk) {
    const std::size_t n = std::min(kChunk, table.segments_ - first);
    ECE465_TRY(values.integers(*offsets, first, std::span(offset_chunk).first(n)));
    if (sizes != nullptr) ECE465_TRY(values.integers(*sizes, first, std::span(size_chunk).first(n)));
    for (std::size_t i = 0; i < n; ++i) {
      const Place claimed{.offset = offset_chunk[i], .bytes = size_chunk[i]};
      ECE465_ASSIGN(const Place place, table.check(first + i, spec, claimed, file_bytes));
      table.add(first + i, place);
    }
  }
  return table;
}

Result<SegmentTable::Place> SegmentTable::check(std::size_t segment, const PageSpec& spec, Place place,
                                                std::uint64_t file_bytes) const {
  const std::uint64_t decoded = decoded_bytes(segment);
  const auto name = [&] { return spec.segment_name(segment); };
  if (place.offset == 0) {
    return fail(Errc::corrupt, "{} is missing (a sparse file, or one that was not finished)", name());
  }
  if (compressed_) {
    // libtiff's rule for a single strip whose size was never filled in: it reaches to the end.
    if (place.bytes == 0 && segments_ == 1 && place.offset < file_bytes) place.bytes = file_bytes - place.offset;
    if (place.bytes == 0) return fail(Errc::corrupt, "{} has no bytes", name());
    const std::uint64_t expansion = max_expansion(spec.compression);
    if (expansion != 0 && decoded / expansion > place.bytes + 1) {
      return fail(Errc::corrupt, "{} claims to hold {} bytes of pixels in {}", name(), decoded, place.bytes);
    }
  } else {
    // A size that was left at 0 can be worked out; one that is too small contradicts the rest.
    if (place.bytes != 0 && place.bytes < decoded) {
      return fail(Errc::corrupt, "{} has {} bytes; its pixels take {}", name(), place.bytes, decoded);
    }
    place.bytes = decoded;
  }
  if (place.offset > file_bytes || place.bytes > file_bytes - place.offset) {
    return fail(Errc::corrupt, "ends early: {} of {} bytes at offset {}, in a file of {} bytes", name(), place.bytes,
                place.offset, file_bytes);
  }
  return place;
}

void SegmentTable::add(std::size_t segment, Place place) {
  if (compressed_) {
    places_.push_back(place);
    return;
  }
  // Runs end with their plane, so that a run's segments are all of one size but the last.
  const bool starts_plane = segment % per_plane_ == 0;
  if (starts_plane || place.offset != end_) runs_.push_back({.first = segment, .offset = place.offset});
  end_ = place.offset + place.bytes;
}

}  // namespace ece465::image::tiff
