#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ece465/base/bytes.hpp"

namespace ece465::testing {

/// Makes TIFF files byte by byte: valid ones that no library writes, and invalid ones.
class TiffBuilder {
 public:
  explicit TiffBuilder(std::endian order = std::endian::little, bool big = false);

  struct Tag {
    std::uint16_t number = 0;
    std::uint16_t type = 0;
    std::uint64_t count = 0;
    std::vector<std::byte> values;
  };
  /// A tag of unsigned integers of `type` (1 BYTE, 3 SHORT, 4 LONG, 13 IFD, 16 LONG8, 18 IFD8).
  [[nodiscard]] Tag integers(std::uint16_t number, std::uint16_t type, std::vector<std::uint64_t> values) const;
  [[nodiscard]] Tag shorts(std::uint16_t number, std::vector<std::uint64_t> values) const {
    return integers(number, 3, std::move(values));
  }
  [[nodiscard]] Tag longs(std::uint16_t number, std::vector<std::uint64_t> values) const {
    return integers(number, 4, std::move(values));
  }
  [[nodiscard]] Tag rational(std::uint16_t number, std::uint32_t numerator, std::uint32_t denominator) const;
  /// ASCII, with its terminating zero.
  [[nodiscard]] static Tag text(std::uint16_t number, std::string_view value);
  /// UNDEFINED bytes.
  [[nodiscard]] static Tag blob(std::uint16_t number, std::string_view value);

  /// Appends bytes at an even offset and returns it.
  std::uint64_t add(Bytes bytes);
  std::uint64_t add(std::string_view bytes) { return add(as_bytes(bytes)); }
  /// Appends a directory, preceded by its longer values, and returns its offset. Tags keep the given order.
  std::uint64_t add_directory(const std::vector<Tag>& tags, std::uint64_t next = 0);
  /// The tags of an uncompressed gray image of 8 bits in one strip at `offset`.
  [[nodiscard]] std::vector<Tag> gray_tags(std::uint32_t width, std::uint32_t height, std::uint64_t offset) const;

  /// Overwrites an integer.
  void put(std::uint64_t at, std::uint64_t value, std::size_t size);
  /// The file, whose first directory is at `first`.
  [[nodiscard]] std::vector<std::byte> finish(std::uint64_t first);
  [[nodiscard]] std::uint64_t size() const { return bytes_.size(); }
  /// The offset of the next-directory field in the directory at `offset` with `tags` tags.
  [[nodiscard]] std::uint64_t next_field(std::uint64_t offset, std::size_t tags) const;

 private:
  [[nodiscard]] std::size_t word() const { return big_ ? 8 : 4; }

  std::endian order_;
  bool big_;
  std::vector<std::byte> bytes_;
};

}  // namespace ece465::testing
