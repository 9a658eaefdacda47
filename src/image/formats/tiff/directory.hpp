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

/// The structure of a TIFF file: its directories (IFDs), the links between them, and the location of their values. The
/// values themselves stay in the file, since they may be large and most of them are only copied.
///
/// libtiff is not used here. It can list unknown tags (TIFFGetTagListEntry), but it converts values (RATIONAL to float,
/// say) without keeping the stored type, drops what it considers invalid, treats the directories behind private tags as
/// numbers, and loads values whole.

namespace ece465::image::tiff {

/// The variant of TIFF, from the file's header.
struct Encoding {
  std::endian order = std::endian::little;
  bool big = false;  ///< BigTIFF: 64-bit counts and offsets

  [[nodiscard]] std::size_t count_bytes() const { return big ? 8 : 2; }
  [[nodiscard]] std::size_t entry_bytes() const { return big ? 20 : 12; }
  /// Size of an offset. Values of at most this size are stored in their entry.
  [[nodiscard]] std::size_t offset_bytes() const { return big ? 8 : 4; }
};

/// One tag of a directory.
struct Entry {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;
  std::uint64_t count = 0;
  std::uint64_t offset = 0;          ///< of the first value in the file
  std::array<std::byte, 8> field{};  ///< the values if they fit, in the file's byte order; unspecified otherwise

  [[nodiscard]] std::uint64_t bytes() const { return count * type_bytes(type); }
};

/// An entry that points to directories. Each pointer may lead to a chain of them.
struct Link {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;
  std::vector<std::vector<std::size_t>> chains;  ///< indices into Structure::directories
};

struct Directory {
  std::uint64_t offset = 0;
  std::vector<Entry> entries;  ///< by ascending tag, without duplicates and without the entries in `links`
  std::vector<Link> links;

  [[nodiscard]] const Entry* find(std::uint16_t tag) const;
};

/// All directories of a file.
struct Structure {
  Encoding encoding;
  std::vector<Directory> directories;
  std::vector<std::size_t> chain;  ///< the main directories, in order
  std::vector<std::string> notes;  ///< on omitted directories (a dangling EXIF pointer)
};

/// Reads and checks all directories of a TIFF. Fails with `corrupt` (loops, overlaps, ends early), `too_large`.
/// Invalid metadata directories (EXIF, GPS) are omitted with a note: stale pointers to them are common and harmless.
[[nodiscard]] Result<Structure> read_structure(const ByteSource& source, const Limits& limits);

/// Reads values of a file's entries.
class ValueReader {
 public:
  ValueReader(const ByteSource& source, const Encoding& encoding) : source_(&source), encoding_(encoding) {}

  /// Reads unsigned integers (BYTE, SHORT, LONG, LONG8 and IFD types) from number `first` on into `out`. Fails with
  /// `corrupt` if the entry has fewer values or another type.
  [[nodiscard]] Result<void> integers(const Entry& entry, std::uint64_t first, std::span<std::uint64_t> out) const;
  /// The first value.
  [[nodiscard]] Result<std::uint64_t> integer(const Entry& entry) const;
  /// All bytes as stored. Fails with `too_large` if there are more than `max_bytes`.
  [[nodiscard]] Result<std::vector<std::byte>> bytes(const Entry& entry, std::uint64_t max_bytes) const;
  /// The first value as a number; 0 for x/0 and types other than RATIONAL.
  [[nodiscard]] Result<double> rational(const Entry& entry) const;

  [[nodiscard]] const Encoding& encoding() const { return encoding_; }
  [[nodiscard]] const ByteSource& source() const { return *source_; }

 private:
  /// The bytes of the entry's values from byte `first` on.
  [[nodiscard]] Result<void> raw(const Entry& entry, std::uint64_t first, MutableBytes out) const;

  const ByteSource* source_;
  Encoding encoding_;
};

/// Integers of 1, 2, 4 or 8 bytes.
[[nodiscard]] std::uint64_t load_integer(const std::byte* from, std::size_t bytes, std::endian order);
void store_integer(std::byte* to, std::uint64_t value, std::size_t bytes, std::endian order);

}  // namespace ece465::image::tiff
