#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "scene.hpp"

/// PNG files for tests, written and read by libpng alone, so that our own reader and writer have a witness;
/// and their chunks, to be looked at, added, damaged.

namespace ece465::testing {

struct PngChunk {
  std::string name;
  std::vector<std::byte> data;
  bool operator==(const PngChunk&) const = default;
};

/// Takes a PNG apart and puts one together (checksums are made afresh).
[[nodiscard]] std::vector<PngChunk> png_chunks(Bytes png);
[[nodiscard]] std::vector<std::byte> png_of_chunks(const std::vector<PngChunk>& chunks);
[[nodiscard]] PngChunk png_chunk(std::string_view name, std::string_view data);
/// The names of all chunks in order, IDATs in a row as one.
[[nodiscard]] std::vector<std::string> png_names(Bytes png);
/// The first chunk of a name; an empty one when there is none.
[[nodiscard]] PngChunk png_find(Bytes png, std::string_view name);
/// `png_number(2, 0x1234)` is "\x12\x34".
[[nodiscard]] std::string png_number(std::size_t bytes, std::uint32_t value);
/// As zlib packs it.
[[nodiscard]] std::string zlib_packed(std::string_view text);
/// The file with `chunk` put before the first (or behind the last) chunk called `place`.
[[nodiscard]] std::vector<std::byte> with_chunk_before(Bytes png, std::string_view place, const PngChunk& chunk);
[[nodiscard]] std::vector<std::byte> with_chunk_after(Bytes png, std::string_view place, const PngChunk& chunk);

struct PngShape {
  /// 1, 2, 4: samples of the scene are written as they are, and must fit. 0: the scene's depth.
  unsigned bit_depth = 0;
  bool interlaced = false;
  /// Not empty: the scene's samples are indices into this palette of red, green, blue.
  std::vector<std::uint8_t> palette = {};
};
[[nodiscard]] std::vector<std::byte> encode_png(const Scene& scene, const PngShape& shape = {});

/// What libpng sees in a file; samples below 8 bits as they are stored, one each.
struct PngPicture {
  Scene scene;  // alpha as an extra
  unsigned bit_depth = 0;
  int color_type = 0;
  bool interlaced = false;
  std::vector<std::uint8_t> palette;
  std::vector<std::byte> transparency;  ///< tRNS as it is
};
/// Throws std::runtime_error with libpng's words, warnings included: what we write must please it entirely.
[[nodiscard]] PngPicture decode_png(Bytes png);

}  // namespace ece465::testing
