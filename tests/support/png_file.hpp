#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "scene.hpp"

/// PNG files for tests, written and read by libpng, independently of the code under test; and their chunks, to be
/// inspected, added and damaged.

namespace ece465::testing {

struct PngChunk {
  std::string name;
  std::vector<std::byte> data;
  bool operator==(const PngChunk&) const = default;
};

/// Splits a PNG into chunks, and makes a PNG of chunks, with new checksums.
[[nodiscard]] std::vector<PngChunk> png_chunks(Bytes png);
[[nodiscard]] std::vector<std::byte> png_of_chunks(const std::vector<PngChunk>& chunks);
[[nodiscard]] PngChunk png_chunk(std::string_view name, std::string_view data);
/// The names of all chunks in order; consecutive IDATs count as one.
[[nodiscard]] std::vector<std::string> png_names(Bytes png);
/// The first chunk with this name; an empty one if there is none.
[[nodiscard]] PngChunk png_find(Bytes png, std::string_view name);
/// `png_number(2, 0x1234)` is "\x12\x34".
[[nodiscard]] std::string png_number(std::size_t bytes, std::uint32_t value);
/// Compressed by zlib.
[[nodiscard]] std::string zlib_packed(std::string_view text);
/// The file with `chunk` inserted before the first (or after the last) chunk called `place`.
[[nodiscard]] std::vector<std::byte> with_chunk_before(Bytes png, std::string_view place, const PngChunk& chunk);
[[nodiscard]] std::vector<std::byte> with_chunk_after(Bytes png, std::string_view place, const PngChunk& chunk);

struct PngShape {
  /// 1, 2 or 4: samples of the scene are written unchanged, and must fit. 0: the scene's depth.
  unsigned bit_depth = 0;
  bool interlaced = false;
  /// If not empty, the scene's samples are indices into this palette of red, green and blue.
  std::vector<std::uint8_t> palette = {};
};
[[nodiscard]] std::vector<std::byte> encode_png(const Scene& scene, const PngShape& shape = {});

/// A file as decoded by libpng; samples below 8 bits are not scaled.
struct PngPicture {
  Scene scene;  // alpha is an extra sample
  unsigned bit_depth = 0;
  int color_type = 0;
  bool interlaced = false;
  std::vector<std::uint8_t> palette;
  std::vector<std::byte> transparency;  ///< data of tRNS
};
/// Throws std::runtime_error with libpng's message for errors and warnings: our output must not cause any.
[[nodiscard]] PngPicture decode_png(Bytes png);

}  // namespace ece465::testing
