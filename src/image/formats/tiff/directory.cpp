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

/// Entries that point to directories: the known ones, and whatever has one of the types made for that.
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

/// Image directories make or break a file. A metadata directory that makes no sense is left out: programs that copy
/// TIFFs without knowing EXIF leave its pointer behind, aimed at whatever is there now.
enum class Kind { image, metadata };

/// What a metadata pointer leads to is no directory. Never leaves this file.
constexpr Errc kNoDirectory = Errc::usage;

class Walker {
 public:
  Walker(const ByteSource& source, const Limits& limits) : source_(source), limits_(limits) {}

  Result<Structure> walk() {
    ECE465_ASSIGN(const std::uint64_t first, read_header());
    values_.emplace(source_, structure_.encoding);
    ECE465_ASSIGN(structure_.chain, walk_chain(first, Kind::image, 0));
    if (structure_.chain.empty()) return fail(Errc::corrupt, "has no image: no first directory");
    return std::move(structure_);
  }

 private:
  struct Visit {
    std::uint64_t end;
    std::size_t index;
    Kind kind;
    bool open;  // its pointers are being followed
  };

  Result<std::uint64_t> read_header();
  Result<std::vector<std::size_t>> walk_chain(std::uint64_t offset, Kind kind, int depth);
  /// Reads one directory and what it points to; sets `next`.
  Result<std::size_t> walk_directory(std::uint64_t offset, Kind kind, int depth, std::uint64_t& next);
  Result<void> follow(const Entry& entry, std::size_t directory, int depth);
  /// The directory at `offset` if it was visited and may be shared; claims its bytes otherwise.
  Result<std::optional<std::size_t>> claim(std::uint64_t offset, std::uint64_t end, Kind kind);
  Result<std::vector<Entry>> read_entries(std::uint64_t offset, Kind kind, std::uint64_t& end, std::uint64_t& next);
  Result<void> check(std::vector<Entry>& entries, Kind kind) const;

  const ByteSource& source_;
  const Limits& limits_;
  Structure structure_;
  std::optional<Values> values_;
  std::map<std::uint64_t, Visit> visits_;  // by offset
  std::size_t images_ = 0;
  std::size_t entries_ = 0;
};

Result<std::uint64_t> Walker::read_header() {
  std::array<std::byte, 16> head{};
  ECE465_TRY(source_.read_exactly(0, std::span(head).first(8)));
  Encoding& encoding = structure_.encoding;
  encoding.order = head[0] == std::byte{'I'} ? std::endian::little : std::endian::big;
  encoding.big = load<std::uint16_t>(head.data() + 2, encoding.order) == 43;
  if (!encoding.big) return load<std::uint32_t>(head.data() + 4, encoding.order);
  ECE465_TRY(source_.read_exactly(0, head));
  if (load<std::uint16_t>(head.data() + 4, encoding.order) != 8) {
    return fail(Errc::unsupported, "a BigTIFF with offsets of {} bytes, not 8",
                load<std::uint16_t>(head.data() + 4, encoding.order));
  }
  return load<std::uint64_t>(head.data() + 8, encoding.order);
}

Result<std::vector<std::size_t>> Walker::walk_chain(std::uint64_t offset, Kind kind, int depth) {
  std::vector<std::size_t> chain;
  while (offset != 0) {
    ECE465_ASSIGN(const std::size_t index, walk_directory(offset, kind, depth, offset));
    chain.push_back(index);
    if (kind == Kind::metadata) break;  // what follows an EXIF directory belongs to nobody
  }
  return chain;
}

Result<std::size_t> Walker::walk_directory(std::uint64_t offset, Kind kind, int depth, std::uint64_t& next) {
  if (depth > limits_.max_ifd_depth) {
    return fail(Errc::corrupt, "directories within directories more than {} deep", limits_.max_ifd_depth);
  }
  std::uint64_t end = 0;
  ECE465_ASSIGN(auto entries, read_entries(offset, kind, end, next));
  ECE465_ASSIGN(const auto shared, claim(offset, end, kind));
  if (shared) return *shared;
  ECE465_TRY(check(entries, kind));
  if (kind == Kind::image && ++images_ > limits_.max_pages) {
    return fail(Errc::too_large, "more than {} pages", limits_.max_pages);
  }
  entries_ += entries.size();
  if (entries_ * sizeof(Entry) > limits_.max_metadata_bytes) {
    return fail(Errc::too_large, "more than {} tags in its directories", entries_ - entries.size());
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
  visits_.at(offset).open = false;
  return index;
}

Result<void> Walker::follow(const Entry& entry, std::size_t directory, int depth) {
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
      auto walked = walk_chain(offset, kind, depth + 1);
      if (walked) {
        chain = *std::move(walked);
      } else if (kind == Kind::image || walked.error().code != kNoDirectory) {
        return std::unexpected(std::move(walked).error());
      }
    }
    if (chain.empty()) {
      structure_.notes.push_back(fmt::format("tag {} points to no directory and was left out", entry.tag));
    } else {
      link.chains.push_back(std::move(chain));
    }
  }
  if (!link.chains.empty()) structure_.directories[directory].links.push_back(std::move(link));
  return {};
}

Result<std::optional<std::size_t>> Walker::claim(std::uint64_t offset, std::uint64_t end, Kind kind) {
  const auto after = visits_.upper_bound(offset);
  if (after != visits_.begin()) {
    const auto& [start, visit] = *std::prev(after);
    const bool may_share = kind == Kind::metadata && visit.kind == Kind::metadata && !visit.open;
    if (start == offset && may_share) return visit.index;
    if (visit.end > offset) {
      return fail(kind == Kind::image ? Errc::corrupt : kNoDirectory,
                  "the directories at offsets {} and {} overlap or lead in a circle", start, offset);
    }
  }
  if (after != visits_.end() && after->first < end) {
    return fail(kind == Kind::image ? Errc::corrupt : kNoDirectory, "the directories at offsets {} and {} overlap",
                offset, after->first);
  }
  visits_.emplace(offset, Visit{.end = end, .index = 0, .kind = kind, .open = true});
  return std::optional<std::size_t>();
}

Result<std::vector<Entry>> Walker::read_entries(std::uint64_t offset, Kind kind, std::uint64_t& end,
                                                std::uint64_t& next) {
  const Encoding& encoding = structure_.encoding;
  std::array<std::byte, 8> field{};
  ECE465_TRY(source_.read_exactly(offset, std::span(field).first(encoding.count_bytes())));
  const std::uint64_t count = load_integer(field.data(), encoding.count_bytes(), encoding.order);
  if (count == 0 || count > limits_.max_ifd_entries) {
    return fail(kind == Kind::image ? Errc::corrupt : kNoDirectory,
                "the directory at offset {} claims {} tags (1 to {} are read)", offset, count, limits_.max_ifd_entries);
  }
  const std::uint64_t start = offset + encoding.count_bytes();
  const std::size_t table_bytes = static_cast<std::size_t>(count) * encoding.entry_bytes();
  std::vector<std::byte> table(table_bytes + encoding.offset_bytes());
  ECE465_ASSIGN(const std::size_t there, source_.read_at(start, table));
  end = start + table.size();

  std::vector<Entry> entries;
  entries.reserve(static_cast<std::size_t>(count));
  const std::size_t length_bytes = encoding.offset_bytes();  // of an entry's count: as wide as an offset
  for (std::size_t at = 0; at < table_bytes && at + encoding.entry_bytes() <= there; at += encoding.entry_bytes()) {
    const std::byte* from = table.data() + at;
    Entry entry;
    entry.tag = load<std::uint16_t>(from, encoding.order);
    entry.type = load<std::uint16_t>(from + 2, encoding.order);
    entry.count = load_integer(from + 4, length_bytes, encoding.order);
    const std::byte* value = from + 4 + length_bytes;
    const std::size_t one = type_bytes(entry.type);
    if (kind == Kind::metadata && (one == 0 || (!entries.empty() && entry.tag <= entries.back().tag))) {
      return fail(kNoDirectory, "no directory at offset {}", offset);
    }
    if (one == 0) continue;  // a type from the future, or rubbish: its size is unknown, so it cannot be kept
    std::copy_n(value, encoding.offset_bytes(), entry.field.begin());
    if (entry.count <= encoding.offset_bytes() / one) {
      entry.where = start + at + static_cast<std::size_t>(value - from);
    } else {
      entry.where = load_integer(value, encoding.offset_bytes(), encoding.order);
    }
    entries.push_back(entry);
  }
  if (there < table.size()) {
    return fail(Errc::corrupt, "ends early: within the directory at offset {}", offset);
  }
  // As one that claims none: written again it would be that.
  if (entries.empty()) return fail(Errc::corrupt, "no tag of the directory at offset {} has a known type", offset);
  next = load_integer(table.data() + table_bytes, encoding.offset_bytes(), encoding.order);
  return entries;
}

Result<void> Walker::check(std::vector<Entry>& entries, Kind kind) const {
  std::uint64_t total = 0;
  for (const Entry& entry : entries) {
    if (entry.count > source_.size() || entry.where > source_.size() || entry.bytes() > source_.size() - entry.where) {
      return fail(Errc::corrupt, "ends early: the {} bytes of tag {} at offset {} are not all there", entry.bytes(),
                  entry.tag, entry.where);
    }
    if (!is_segment_table(entry.tag)) total += entry.bytes();
  }
  if (total > limits_.max_metadata_bytes) {
    return fail(Errc::too_large, "{} MiB of metadata; at most {} MiB are carried", total >> 20,
                limits_.max_metadata_bytes >> 20);
  }
  if (kind == Kind::image) {
    // Some writers do not sort, or repeat a tag; readers use the first.
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
  return Walker(source, limits).walk();
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

Result<void> Values::raw(const Entry& entry, std::uint64_t first, MutableBytes out) const {
  if (entry.bytes() <= encoding_.offset_bytes()) {
    std::copy_n(entry.field.begin() + static_cast<std::ptrdiff_t>(first), out.size(), out.begin());
    return {};
  }
  return source_->read_exactly(entry.where + first, out);
}

Result<void> Values::integers(const Entry& entry, std::uint64_t first, std::span<std::uint64_t> out) const {
  const bool unsigned_integers = entry.type == type::kByte || entry.type == type::kShort || is_pointer_type(entry.type);
  if (!unsigned_integers) return fail(Errc::corrupt, "tag {} is of type {}, no integer", entry.tag, entry.type);
  if (first + out.size() > entry.count) {
    return fail(Errc::corrupt, "tag {} has {} values where {} are needed", entry.tag, entry.count, first + out.size());
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

Result<std::uint64_t> Values::integer(const Entry& entry) const {
  std::uint64_t value = 0;
  ECE465_TRY(integers(entry, 0, std::span(&value, 1)));
  return value;
}

Result<std::vector<std::byte>> Values::bytes(const Entry& entry, std::uint64_t max_bytes) const {
  if (entry.bytes() > max_bytes) {
    return fail(Errc::too_large, "tag {} holds {} bytes; at most {} are read", entry.tag, entry.bytes(), max_bytes);
  }
  std::vector<std::byte> all(static_cast<std::size_t>(entry.bytes()));
  ECE465_TRY(raw(entry, 0, all));
  return all;
}

Result<double> Values::rational(const Entry& entry) const {
  if (entry.type != type::kRational || entry.count == 0) return 0.0;
  std::array<std::byte, 8> raw_value{};
  ECE465_TRY(raw(entry, 0, raw_value));
  const auto numerator = load<std::uint32_t>(raw_value.data(), encoding_.order);
  const auto denominator = load<std::uint32_t>(raw_value.data() + 4, encoding_.order);
  return denominator == 0 ? 0.0 : static_cast<double>(numerator) / denominator;
}

}  // namespace ece465::image::tiff
