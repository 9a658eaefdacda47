#include "directory_copier.hpp"

#include <algorithm>
#include <numeric>

#include "page_spec.hpp"

namespace ece465::image::tiff {
namespace {

/// Tags whose values contain offsets in a private format. Copied, they would point to arbitrary bytes.
bool contains_offsets(std::uint16_t number) {
  switch (number) {
    case tag::kFreeOffsets:
    case tag::kFreeByteCounts:
    case tag::kUic1:
    case tag::kUic2:
    case tag::kUic3:
    case tag::kUic4:
    case tag::kZeissLsm: return true;
    default: return false;
  }
}

bool contains(const std::vector<std::uint16_t>& numbers, std::uint16_t number) {
  return std::ranges::find(numbers, number) != numbers.end();
}

}  // namespace

void DirectoryCopier::note(std::string text) {
  if (std::ranges::find(notes_, text) == notes_.end()) notes_.push_back(std::move(text));
}

Result<NewDirectory> DirectoryCopier::copy(const Directory& directory, TagEdits edits) {
  NewDirectory copied;
  for (const Entry& entry : directory.entries) {
    if (contains(edits.remove, entry.tag)) continue;
    if (std::ranges::find(edits.add, entry.tag, &NewEntry::tag) != edits.add.end()) continue;
    if (contains_offsets(entry.tag)) {
      const bool free_space = entry.tag == tag::kFreeOffsets || entry.tag == tag::kFreeByteCounts;
      if (!free_space) note(fmt::format("tag {} was dropped: it contains offsets in the input file", entry.tag));
      continue;
    }
    ECE465_ASSIGN(const NewEntry same, to_.copy(entry, from_));
    copied.entries.push_back(same);
  }
  copied.entries.insert(copied.entries.end(), edits.add.begin(), edits.add.end());
  copied.links = directory.links;
  return copied;
}

Result<NewDirectory> DirectoryCopier::copy_with_image(const Directory& directory) {
  TagEdits edits;
  ECE465_TRY(copy_segments(directory, edits));
  ECE465_TRY(copy_old_jpeg(directory, edits));
  return copy(directory, std::move(edits));
}

Result<void> DirectoryCopier::copy_segments(const Directory& directory, TagEdits& edits) {
  const Entry* offsets = segment_offsets(directory);
  const Entry* sizes = segment_sizes(directory);
  if (offsets == nullptr) return {};
  if (sizes == nullptr || sizes->count != offsets->count) {
    note("an image without the sizes of its segments was dropped");
    edits.remove.push_back(offsets->tag);
    return {};
  }
  constexpr std::uint64_t kMaxSegments = std::uint64_t{1} << 24;  // 128 MiB of offsets
  if (offsets->count > kMaxSegments) return fail(Errc::too_large, "an image with {} strips", offsets->count);
  std::vector<std::uint64_t> copied(static_cast<std::size_t>(offsets->count));
  ECE465_TRY(from_.integers(*offsets, 0, copied));
  for (std::size_t i = 0; i < copied.size(); ++i) {
    std::uint64_t bytes = 0;
    ECE465_TRY(from_.integers(*sizes, i, std::span(&bytes, 1)));
    if (bytes == 0) continue;  // a sparse segment, without data
    ECE465_ASSIGN(copied[i], to_.copy_bytes(from_.source(), copied[i], bytes));
  }
  ECE465_ASSIGN(const NewEntry table, to_.store_integers(offsets->tag, offsets->type, copied.size(),
                                                         [&](std::size_t i) { return copied[i]; }));
  edits.add.push_back(table);
  return {};
}

/// Old-style JPEG (compression 6) stores a whole stream, or its tables, outside of the strips (TIFF 6.0, section 22).
Result<void> DirectoryCopier::copy_old_jpeg(const Directory& directory, TagEdits& edits) {
  const Entry* stream = directory.find(tag::kJpegInterchangeFormat);
  const Entry* length = directory.find(tag::kJpegInterchangeFormatLength);
  if (stream != nullptr) {
    ECE465_ASSIGN(const std::uint64_t offset, from_.integer(*stream));
    std::uint64_t bytes = 0;
    if (length != nullptr) {
      ECE465_ASSIGN(bytes, from_.integer(*length));
    }
    if (bytes == 0) {
      edits.remove.insert(edits.remove.end(), {tag::kJpegInterchangeFormat, tag::kJpegInterchangeFormatLength});
    } else {
      ECE465_ASSIGN(const std::uint64_t copy, to_.copy_bytes(from_.source(), offset, bytes));
      ECE465_ASSIGN(const NewEntry entry, to_.store_integer(stream->tag, stream->type, copy));
      edits.add.push_back(entry);
    }
  }
  for (const std::uint16_t number : {tag::kJpegQTables, tag::kJpegDcTables, tag::kJpegAcTables}) {
    const Entry* tables = directory.find(number);
    if (tables == nullptr) continue;
    constexpr std::size_t kMaxTables = 4;  // JPEG has four slots of each kind
    std::vector<std::uint64_t> offsets(std::min<std::uint64_t>(tables->count, kMaxTables));
    ECE465_TRY(from_.integers(*tables, 0, offsets));
    for (std::uint64_t& offset : offsets) {
      std::uint64_t bytes = 64;  // of quantization steps
      if (number != tag::kJpegQTables) {
        std::array<std::byte, 16> lengths;  // the number of Huffman codes of 1 to 16 bits; the values follow
        ECE465_TRY(from_.source().read_exactly(offset, lengths));
        bytes = std::accumulate(lengths.begin(), lengths.end(), std::uint64_t{16},
                                [](std::uint64_t sum, std::byte n) { return sum + std::to_integer<unsigned>(n); });
      }
      ECE465_ASSIGN(offset, to_.copy_bytes(from_.source(), offset, bytes));
    }
    ECE465_ASSIGN(const NewEntry entry,
                  to_.store_integers(number, tables->type, offsets.size(), [&](std::size_t i) { return offsets[i]; }));
    edits.add.push_back(entry);
  }
  return {};
}

}  // namespace ece465::image::tiff
