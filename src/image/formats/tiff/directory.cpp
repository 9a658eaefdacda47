#include "directory.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace ece465::image::tiff {
namespace {

bool is_pointer_type(std::uint16_t field_type) {
  return field_type == type::kLong || field_type == type::kIfd || field_type == type::kLong8 ||
         field_type == type::kIfd8;
}

/// Whether an entry points to directories: known tags, and private ones of a pointer type.
bool is_pointer(const Entry& entry) {
  switch (entry.tag) {
    case tag::kSubIfds:
    case tag::kExifIfd:
    case tag::kGpsIfd:
    case tag::kInteropIfd:
    case tag::kGlobalParameters: return is_pointer_type(entry.type);
    default: return entry.type == type::kIfd || entry.type == type::kIfd8;
  }
}

bool is_segment_table(std::uint16_t number) {
  return number == tag::kStripOffsets || number == tag::kStripByteCounts || number == tag::kTileOffsets ||
         number == tag::kTileByteCounts;
}

/// Invalid image directories make a file corrupt. Invalid metadata directories are omitted: programs that copy TIFFs
/// without support for EXIF keep its pointer, which then refers to arbitrary bytes.
enum class Kind { image, metadata };

struct DirectoryError : Error {
  /// Implicit, so that ECE465_TRY passes on errors of other functions.
  DirectoryError(Error error) : Error(std::move(error)) {}
  bool may_omit = false;  ///< there is no metadata directory at this offset
};
template <class T>
using DirectoryResult = std::expected<T, DirectoryError>;

/// The bytes at an offset are not a directory.
template <class... Args>
std::unexpected<DirectoryError> invalid_directory(Kind kind, fmt::format_string<Args...> text, Args&&... args) {
  DirectoryError error({Errc::corrupt, fmt::format(text, std::forward<Args>(args)...)});
  error.may_omit = kind == Kind::metadata;
  return std::unexpected(std::move(error));
}

class StructureReader {
 public:
  StructureReader(const ByteSource& source, const Limits& limits) : source_(source), limits_(limits) {}

  Result<Structure> read() {
    ECE465_ASSIGN(const std::uint64_t first, read_header());
    values_.emplace(source_, structure_.encoding);
    ECE465_ASSIGN(structure_.chain, read_chain(first, Kind::image, 0));
    if (structure_.chain.empty()) return fail(Errc::corrupt, "no image: the file has no directory");
    return std::move(structure_);
  }

 private:
  struct Visit {
    std::uint64_t end;
    std::size_t index;
    Kind kind;
    bool in_progress;  // its pointers are being followed
  };

  Result<std::uint64_t> read_header();
  DirectoryResult<std::vector<std::size_t>> read_chain(std::uint64_t offset, Kind kind, int depth);
  /// Reads a directory and those that it points to. Sets `next`.
  DirectoryResult<std::size_t> read_directory(std::uint64_t offset, Kind kind, int depth, std::uint64_t& next);
  Result<void> follow(const Entry& entry, std::size_t directory, int depth);
  /// The directory at `offset` if it was read before and may be shared. Otherwise reserves its bytes.
  DirectoryResult<std::optional<std::size_t>> reserve(std::uint64_t offset, std::uint64_t end, Kind kind);
  DirectoryResult<std::vector<Entry>> read_entries(std::uint64_t offset, Kind kind, std::uint64_t& end,
                                                   std::uint64_t& next);
  Result<void> check(std::vector<Entry>& entries, Kind kind) const;

  const ByteSource& source_;
  const Limits& limits_;
  Structure structure_;
  std::optional<ValueReader> values_;
  std::map<std::uint64_t, Visit> visits_;  // by offset
  std::size_t images_ = 0;
  std::size_t entries_ = 0;
};

Result<std::uint64_t> StructureReader::read_header() {
  std::array<std::byte, 16> head{};
  ECE465_TRY(source_.read_exactly(0, std::span(head).first(8)));
  Encoding& encoding = structure_.encoding;
  encoding.order = head[0] == std::byte{'I'} ? std::endian::little : std::endian::big;
  encoding.big = load<std::uint16_t>(head.data() + 2, encoding.order) == 43;
  if (!encoding.big) return load<std::uint32_t>(head.data() + 4, encoding.order);
  ECE465_TRY(source_.read_exactly(0, head));
  if (load<std::uint16_t>(head.data() + 4, encoding.order) != 8) {
    return fail(Errc::unsupported, "BigTIFF with offsets of {} bytes instead of 8",
                load<std::uint16_t>(head.data() + 4, encoding.order));
  }
  return load<std::uint64_t>(head.data() + 8, encoding.order);
}

DirectoryResult<std::vector<std::size_t>> StructureReader::read_chain(std::uint64_t offset, Kind kind, int depth) {
  std::vector<std::size_t> chain;
  while (offset != 0) {
    ECE465_ASSIGN(const std::size_t index, read_directory(offset, kind, depth, offset));
    chain.push_back(index);
    if (kind == Kind::metadata) break;  // an EXIF directory has no successor
  }
  return chain;
}

DirectoryResult<std::size_t> StructureReader::read_directory(std::uint64_t offset, Kind kind, int depth,
                                                             std::uint64_t& next) {
  if (depth > limits_.max_ifd_depth) {
    return fail(Errc::corrupt, "directories are nested more than {} deep", limits_.max_ifd_depth);
  }
  std::uint64_t end = 0;
  ECE465_ASSIGN(auto entries, read_entries(offset, kind, end, next));
  ECE465_ASSIGN(const auto shared, reserve(offset, end, kind));
  if (shared) return *shared;
  ECE465_TRY(check(entries, kind));
  if (kind == Kind::image && ++images_ > limits_.max_pages) {
    return fail(Errc::too_large, "more than {} pages", limits_.max_pages);
  }
  entries_ += entries.size();
  if (entries_ * sizeof(Entry) > limits_.max_metadata_bytes) {
    return fail(Errc::too_large, "more than {} tags", entries_ - entries.size());
  }
  const std::size_t index = structure_.directories.size();
  visits_.at(offset).index = index;
  structure_.directories.push_back({.offset = offset, .entries = {}, .links = {}});
  std::vector<Entry> pointers;
  for (const Entry& entry : entries) {
    (is_pointer(entry) ? pointers : structure_.directories[index].entries).push_back(entry);
  }
  structure_.directories[index].entries.shrink_to_fit();
  for (const Entry& entry : pointers) ECE465_TRY(follow(entry, index, depth));
  visits_.at(offset).in_progress = false;
  return index;
}

Result<void> StructureReader::follow(const Entry& entry, std::size_t directory, int depth) {
  const Kind kind = entry.tag == tag::kSubIfds ? Kind::image : Kind::metadata;
  if (entry.count > limits_.max_pages) {
    return fail(Errc::too_large, "tag {} points to {} directories", entry.tag, entry.count);
  }
  std::vector<std::uint64_t> offsets(static_cast<std::size_t>(entry.count));
  ECE465_TRY(values_->integers(entry, 0, offsets));
  Link link{.tag = entry.tag, .type = entry.type, .chains = {}};
  for (const std::uint64_t offset : offsets) {
    if (offset >= source_.size()) {
      return fail(Errc::corrupt, "ends early: tag {} points to a directory at offset {}", entry.tag, offset);
    }
    std::vector<std::size_t> chain;
    if (offset != 0) {
      auto result = read_chain(offset, kind, depth + 1);
      if (result) {
        chain = *std::move(result);
      } else if (!result.error().may_omit) {
        return std::unexpected(std::move(result).error());
      }
    }
    if (chain.empty()) {
      structure_.notes.push_back(fmt::format("tag {} does not point to a directory and was dropped", entry.tag));
    } else {
      link.chains.push_back(std::move(chain));
    }
  }
  if (!link.chains.empty()) structure_.directories[directory].links.push_back(std::move(link));
  return {};
}

DirectoryResult<std::optional<std::size_t>> StructureReader::reserve(std::uint64_t offset, std::uint64_t end,
                                                                     Kind kind) {
  const auto after = visits_.upper_bound(offset);
  if (after != visits_.begin()) {
    const auto& [start, visit] = *std::prev(after);
    const bool may_share = kind == Kind::metadata && visit.kind == Kind::metadata && !visit.in_progress;
    if (start == offset && may_share) return visit.index;
    if (visit.end > offset) {
      return invalid_directory(kind, "the directories at offsets {} and {} overlap or form a loop", start, offset);
    }
  }
  if (after != visits_.end() && after->first < end) {
    return invalid_directory(kind, "the directories at offsets {} and {} overlap", offset, after->first);
  }
  visits_.emplace(offset, Visit{.end = end, .index = 0, .kind = kind, .in_progress = true});
  return std::optional<std::size_t>();
}

DirectoryResult<std::vector<Entry>> StructureReader::read_entries(std::uint64_t offset, Kind kind, std::uint64_t& end,
                                                                  std::uint64_t& next) {
  const Encoding& encoding = structure_.encoding;
  std::array<std::byte, 8> field{};
  ECE465_TRY(source_.read_exactly(offset, std::span(field).first(encoding.count_bytes())));
  const std::uint64_t count = load_integer(field.data(), encoding.count_bytes(), encoding.order);
  if (count == 0 || count > limits_.max_ifd_entries) {
    return invalid_directory(kind, "the directory at offset {} has {} tags instead of 1 to {}", offset, count,
                             limits_.max_ifd_entries);
  }
  const std::uint64_t start = offset + encoding.count_bytes();
  const std::size_t table_bytes = static_cast<std::size_t>(count) * encoding.entry_bytes();
  std::vector<std::byte> table(table_bytes + encoding.offset_bytes());
  ECE465_ASSIGN(const std::size_t available, source_.read_at(start, table));
  end = start + table.size();

  std::vector<Entry> entries;
  entries.reserve(static_cast<std::size_t>(count));
  const std::size_t length_bytes = encoding.offset_bytes();  // of an entry's count: as wide as an offset
  for (std::size_t at = 0; at < table_bytes && at + encoding.entry_bytes() <= available; at += encoding.entry_bytes()) {
    const std::byte* from = table.data() + at;
    Entry entry;
    entry.tag = load<std::uint16_t>(from, encoding.order);
    entry.type = load<std::uint16_t>(from + 2, encoding.order);
    entry.count = load_integer(from + 4, length_bytes, encoding.order);
    const std::byte* value = from + 4 + length_bytes;
    const std::size_t one = type_bytes(entry.type);
    if (kind == Kind::metadata && (one == 0 || (!entries.empty() && entry.tag <= entries.back().tag))) {
      return invalid_directory(kind, "offset {} does not contain a directory", offset);
    }
    if (one == 0) continue;  // an unknown type has an unknown size and cannot be copied
    std::copy_n(value, encoding.offset_bytes(), entry.field.begin());
    if (entry.count <= encoding.offset_bytes() / one) {
      entry.offset = start + at + static_cast<std::size_t>(value - from);
    } else {
      entry.offset = load_integer(value, encoding.offset_bytes(), encoding.order);
    }
    entries.push_back(entry);
  }
  if (available < table.size()) {
    return fail(Errc::corrupt, "ends early: within the directory at offset {}", offset);
  }
  // The result would have an empty directory, which is invalid.
  if (entries.empty()) return fail(Errc::corrupt, "no tag of the directory at offset {} has a known type", offset);
  next = load_integer(table.data() + table_bytes, encoding.offset_bytes(), encoding.order);
  return entries;
}

Result<void> StructureReader::check(std::vector<Entry>& entries, Kind kind) const {
  std::uint64_t total = 0;
  for (const Entry& entry : entries) {
    if (entry.count > source_.size() || entry.offset > source_.size() ||
        entry.bytes() > source_.size() - entry.offset) {
      return fail(Errc::corrupt, "ends early: the {} bytes of tag {} at offset {} are incomplete", entry.bytes(),
                  entry.tag, entry.offset);
    }
    if (!is_segment_table(entry.tag)) total += entry.bytes();
  }
  if (total > limits_.max_metadata_bytes) {
    return fail(Errc::too_large, "{} MiB of metadata; at most {} MiB are supported", total >> 20,
                limits_.max_metadata_bytes >> 20);
  }
  if (kind == Kind::image) {
    // Some writers do not sort tags, or repeat one; readers use the first.
    std::map<std::uint16_t, Entry> sorted;
    for (const Entry& entry : entries) sorted.emplace(entry.tag, entry);
    entries.clear();
    for (const auto& [number, entry] : sorted) entries.push_back(entry);
  }
  return {};
}

}  // namespace

const Entry* Directory::find(std::uint16_t number) const {
  const auto found = std::ranges::lower_bound(entries, number, {}, &Entry::tag);
  return found != entries.end() && found->tag == number ? &*found : nullptr;
}

Result<Structure> read_structure(const ByteSource& source, const Limits& limits) {
  return StructureReader(source, limits).read();
}

std::uint64_t load_integer(const std::byte* from, std::size_t bytes, std::endian order) {
  switch (bytes) {
    case 1: return std::to_integer<std::uint64_t>(*from);
    case 2: return load<std::uint16_t>(from, order);
    case 4: return load<std::uint32_t>(from, order);
    default: return load<std::uint64_t>(from, order);
  }
}

void store_integer(std::byte* to, std::uint64_t value, std::size_t bytes, std::endian order) {
  switch (bytes) {
    case 1: *to = static_cast<std::byte>(value); break;
    case 2: store(to, static_cast<std::uint16_t>(value), order); break;
    case 4: store(to, static_cast<std::uint32_t>(value), order); break;
    default: store(to, value, order);
  }
}

Result<void> ValueReader::raw(const Entry& entry, std::uint64_t first, MutableBytes out) const {
  if (entry.bytes() <= encoding_.offset_bytes()) {
    std::copy_n(entry.field.begin() + static_cast<std::ptrdiff_t>(first), out.size(), out.begin());
    return {};
  }
  return source_->read_exactly(entry.offset + first, out);
}

Result<void> ValueReader::integers(const Entry& entry, std::uint64_t first, std::span<std::uint64_t> out) const {
  const bool unsigned_integers = entry.type == type::kByte || entry.type == type::kShort || is_pointer_type(entry.type);
  if (!unsigned_integers)
    return fail(Errc::corrupt, "tag {} has type {}, which is not an integer", entry.tag, entry.type);
  if (first + out.size() > entry.count) {
    return fail(Errc::corrupt, "tag {} has {} values; {} are needed", entry.tag, entry.count, first + out.size());
  }
  const std::size_t one = type_bytes(entry.type);
  std::array<std::byte, 4096> chunk;
  for (std::size_t done = 0; done < out.size();) {
    const std::size_t n = std::min(out.size() - done, chunk.size() / one);
    ECE465_TRY(raw(entry, (first + done) * one, std::span(chunk).first(n * one)));
    for (std::size_t i = 0; i < n; ++i) out[done + i] = load_integer(chunk.data() + i * one, one, encoding_.order);
    done += n;
  }
  return {};
}

Result<std::uint64_t> ValueReader::integer(const Entry& entry) const {
  std::uint64_t value = 0;
  ECE465_TRY(integers(entry, 0, std::span(&value, 1)));
  return value;
}

Result<std::vector<std::byte>> ValueReader::bytes(const Entry& entry, std::uint64_t max_bytes) const {
  if (entry.bytes() > max_bytes) {
    return fail(Errc::too_large, "tag {} has {} bytes; at most {} are supported", entry.tag, entry.bytes(), max_bytes);
  }
  std::vector<std::byte> all(static_cast<std::size_t>(entry.bytes()));
  ECE465_TRY(raw(entry, 0, all));
  return all;
}

Result<double> ValueReader::rational(const Entry& entry) const {
  if (entry.type != type::kRational || entry.count == 0) return 0.0;
  std::array<std::byte, 8> raw_value{};
  ECE465_TRY(raw(entry, 0, raw_value));
  const auto numerator = load<std::uint32_t>(raw_value.data(), encoding_.order);
  const auto denominator = load<std::uint32_t>(raw_value.data() + 4, encoding_.order);
  return denominator == 0 ? 0.0 : static_cast<double>(numerator) / denominator;
}

}  // namespace ece465::image::tiff
