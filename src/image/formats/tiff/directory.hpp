#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "ece465/base/byte_source.hpp"
#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"
#include "tags.hpp"

/// The skeleton of a TIFF file: its directories (IFDs), how they hang together, and where their values are. Values
/// themselves stay in the file: what must be kept may be large, and most of it is only ever copied.
///
/// libtiff is not used here. It cannot copy tags that it has not been told of, and it loads what it is asked for
/// without a budget.

namespace ece465::image::tiff {

/// What the file's header settles.
struct Encoding {
  std::endian order = std::endian::little;
  bool big = false;  ///< BigTIFF: 64-bit counts and offsets

  [[nodiscard]] std::size_t header_bytes() const { return big ? 16 : 8; }
  [[nodiscard]] std::size_t count_bytes() const { return big ? 8 : 2; }
  [[nodiscard]] std::size_t entry_bytes() const { return big ? 20 : 12; }
  /// Of an offset; values that fit it stand in their entry.
  [[nodiscard]] std::size_t offset_bytes() const { return big ? 8 : 4; }
};

/// One tag of a directory.
struct Entry {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;
  std::uint64_t count = 0;
  std::uint64_t where = 0;           ///< offset of the first value in the file
  std::array<std::byte, 8> field{};  ///< the values themselves when they fit (as in the file); else nothing useful

  [[nodiscard]] std::uint64_t bytes() const { return count * type_bytes(type); }
};

/// Directories that an entry points to. A pointer may point to a whole chain.
struct Link {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;
  std::vector<std::vector<std::size_t>> chains;  ///< indices into Structure::directories
};

struct Directory {
  std::uint64_t offset = 0;
  std::vector<Entry> entries;  ///< tags ascending, each once; pointers to directories are in `links` instead
  std::vector<Link> links;

  [[nodiscard]] const Entry* find(std::uint16_t tag) const;
};

/// All directories of a file.
struct Structure {
  Encoding encoding;
  std::vector<Directory> directories;
  std::vector<std::size_t> chain;  ///< the pages proper, in order
  std::vector<std::string> notes;  ///< what had to be left out (a dangling EXIF pointer)
};

/// Reads and checks every directory of a TIFF. Fails with `corrupt` (loops, overlaps, ends early), `too_large`.
/// Broken metadata directories (EXIF, GPS) are left out with a note, as a stale pointer there is common and harmless.
[[nodiscard]] Result<Structure> read_structure(const ByteSource& source, const Limits& limits);

/// Reads values of a file's entries.
class Values {
 public:
  Values(const ByteSource& source, const Encoding& encoding) : source_(&source), encoding_(encoding) {}

  /// Reads `n` unsigned integers (BYTE, SHORT, LONG, LONG8 and IFD types) from the `first` on into `out`. Fails with
  /// `corrupt` when the entry has fewer or is of another type.
  [[nodiscard]] Result<void> integers(const Entry& entry, std::uint64_t first, std::span<std::uint64_t> out) const;
  /// The first value.
  [[nodiscard]] Result<std::uint64_t> integer(const Entry& entry) const;
  /// All bytes, as they stand in the file; at most `max_bytes`, else `too_large`.
  [[nodiscard]] Result<std::vector<std::byte>> bytes(const Entry& entry, std::uint64_t max_bytes) const;
  /// The first value, RATIONAL, as a number; 0 for x/0.
  [[nodiscard]] Result<double> rational(const Entry& entry) const;

  [[nodiscard]] const Encoding& encoding() const { return encoding_; }
  [[nodiscard]] const ByteSource& source() const { return *source_; }

 private:
  /// `size` bytes of the entry's values from byte `first` on.
  [[nodiscard]] Result<void> raw(const Entry& entry, std::uint64_t first, MutableBytes out) const;

  const ByteSource* source_;
  Encoding encoding_;
};

/// An integer of `bytes` (1, 2, 4 or 8) in `order`.
[[nodiscard]] std::uint64_t load_integer(const std::byte* from, std::size_t bytes, std::endian order);
void store_integer(std::byte* to, std::uint64_t value, std::size_t bytes, std::endian order);

}  // namespace ece465::image::tiff
