#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ece465/image/codec.hpp"

/// The chunks of a PNG file: their names and positions. Their data stays in the file until it is needed, so that chunks
/// can be copied byte for byte. Layout and rules: PNG specification (W3C, 3rd edition), sections 5 and 11.

namespace ece465::image::png {

inline constexpr std::array<std::uint8_t, 8> kSignature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

/// Four ASCII letters, the first in the highest byte.
using ChunkName = std::uint32_t;
consteval ChunkName name(const char (&letters)[5]) {
  ChunkName value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(letters[i]);
  return value;
}
[[nodiscard]] std::string text(ChunkName name);
/// The case of letters has a meaning: decoders may skip unknown ancillary chunks, and editors that change pixels may
/// copy unknown chunks that are safe to copy.
[[nodiscard]] constexpr bool is_ancillary(ChunkName name) { return (name >> 24 & 0x20) != 0; }
[[nodiscard]] constexpr bool is_safe_to_copy(ChunkName name) { return (name & 0x20) != 0; }

enum class ColorType : std::uint8_t { gray = 0, rgb = 2, palette = 3, gray_alpha = 4, rgb_alpha = 6 };

/// The validated IHDR chunk.
struct Header {
  std::uint32_t width = 0, height = 0;
  std::uint8_t bit_depth = 8;
  ColorType color_type = ColorType::gray;
  bool interlaced = false;

  [[nodiscard]] bool is_color() const { return color_type != ColorType::gray && color_type != ColorType::gray_alpha; }
  /// Samples per pixel as stored in the file (one for a palette index).
  [[nodiscard]] std::size_t samples() const;
  /// Bytes of a stored row of `width` pixels, without the filter byte.
  [[nodiscard]] std::uint64_t row_bytes(std::uint32_t width) const;
};

/// One of the seven reduced images of an interlaced file.
struct Pass {
  std::uint32_t x0, y0, dx, dy;
  /// The number of columns (with x0, dx) or rows (with y0, dy) out of `size` that belong to the pass.
  [[nodiscard]] static constexpr std::uint32_t count(std::uint32_t size, std::uint32_t from, std::uint32_t step) {
    return size > from ? (size - from + step - 1) / step : 0;
  }
};
inline constexpr std::array<Pass, 7> kAdam7{
    {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}};

/// One chunk in the file: length, name, `length` bytes of data, CRC.
struct Chunk {
  ChunkName name = 0;
  std::uint32_t length = 0;
  std::uint64_t offset = 0;  // of the length field
  [[nodiscard]] std::uint64_t data_offset() const { return offset + 8; }
  [[nodiscard]] std::uint64_t whole_bytes() const { return std::uint64_t{length} + 12; }
};

/// The parsed structure of a PNG file.
struct Structure {
  Header header;
  /// All chunks between IHDR and IEND in file order, without damaged ancillary chunks. Consecutive IDATs are one entry,
  /// at the position of the first.
  std::vector<Chunk> chunks;
  std::uint64_t compressed_bytes = 0;   // in all IDATs
  Palette palette;                      // for ColorType::palette; with alpha from tRNS
  std::vector<std::byte> transparency;  // data of tRNS; empty if there is none
  std::vector<std::string> notes;

  [[nodiscard]] const Chunk* find(ChunkName name) const;
};

/// Reads all chunks and checks structure, header and, except for IDAT, checksums. Fails with `corrupt`, `too_large`
/// (metadata or image exceed the limits) or `unsupported` (an unknown critical chunk). On success the image data is
/// long enough for the pixels that the header claims, so memory may be allocated for them.
[[nodiscard]] Result<Structure> scan(const ByteSource& source, const Limits& limits);

/// Reads a chunk's data, whose length `scan` has checked against the limits.
[[nodiscard]] Result<std::vector<std::byte>> read_data(const ByteSource& source, const Chunk& chunk);

}  // namespace ece465::image::png
