#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scene.hpp"

/// Writes test images with libjpeg, libtiff and libpng, independently of the code under test. Rows are painted as they
/// are written, so an image may be far larger than memory. The same specification and libraries give the same bytes. A
/// test helper: on failure it prints the reason and ends the process.

namespace ece465::testing {

enum class FileType { jpeg, tiff, png };

enum class Color {
  gray,
  minwhite,  ///< TIFF: gray, 0 is white
  rgb,       ///< JPEG: RGB-coded, with an Adobe marker
  ycbcr,     ///< JPEG, and TIFF with JPEG compression
  palette,   ///< TIFF and PNG: 1, 2, 4 or 8 bits
  cmyk,      ///< JPEG (Adobe, inverted) and TIFF: not supported, and must be reported as such
};

struct ImageSpec {
  FileType type = FileType::jpeg;
  std::uint32_t width = 640, height = 480;
  std::uint32_t seed = 1;
  Color color = Color::gray;
  unsigned bits = 8;  ///< 8 or 16; below 8: gray and palette of TIFF and PNG
  image::Alpha alpha = image::Alpha::none;
  unsigned extras = 0;  ///< TIFF: additional samples per pixel, with unspecified meaning
  /// EXIF, ICC, XMP, comments, resolution, text and private tags, as far as the format supports them.
  bool metadata = false;
  /// The ICC profile is padded to this size. Beyond 65,519 bytes a JPEG needs several markers for it.
  std::size_t icc_bytes = 0;

  // JPEG, and JPEG in TIFF
  int quality = 90;
  int h_sampling = 2, v_sampling = 2;  ///< of Y, if ycbcr; 2, 2 is 4:2:0
  bool progressive = false, arithmetic = false, optimize = false;
  int restart_rows = 0;  ///< MCU rows between restart markers; 0: none

  // TIFF
  std::string compression = "none";  ///< none, lzw, deflate, packbits, zstd, jpeg
  bool predictor = false;
  std::uint32_t rows_per_strip = 0;  ///< 0: about 64 KiB per strip
  std::uint32_t tile_width = 0, tile_height = 0;
  bool planar = false;  ///< separate strips or tiles for each component
  bool big_endian = false, big_tiff = false;
  unsigned pages = 1;  ///< page n has the seed `seed + n`

  // PNG
  bool interlaced = false;
  bool transparent = false;  ///< a tRNS chunk: one transparent colour, or alpha for the palette's first entries
  std::optional<double> gamma;
};

void write_jpeg(const ImageSpec& spec, const std::string& path);
void write_tiff(const ImageSpec& spec, const std::string& path);
void write_png(const ImageSpec& spec, const std::string& path);
/// Calls one of these, depending on `spec.type`.
void write_image(const ImageSpec& spec, const std::string& path);

/// Prints an error and ends the process.
[[noreturn]] void die(const std::string& what);

/// The layout to paint: 8 or 16 bits, one or three colours.
[[nodiscard]] image::PixelLayout painted_layout(const ImageSpec& spec);

/// A palette of `2^bits` unsorted colours, which include the levels of a hazy scene.
struct Rgb16 {
  std::uint16_t red, green, blue;
};
[[nodiscard]] std::vector<Rgb16> make_palette(unsigned bits);
/// The index for an 8-bit gray level of the landscape, and the shallow gray level for `bits` < 8.
[[nodiscard]] std::uint8_t palette_index(std::uint16_t gray, unsigned bits);
[[nodiscard]] std::uint8_t shallow_gray(std::uint16_t gray, unsigned bits);
/// Packs values of one byte each into `bits` per value, the first in the high bits.
[[nodiscard]] std::vector<std::uint8_t> pack(std::span<const std::uint8_t> values, unsigned bits);

/// A well-formed ICC profile for one or three components, padded to at least `bytes`.
[[nodiscard]] std::vector<std::uint8_t> make_icc(bool rgb, std::size_t bytes);
/// An EXIF structure (little-endian TIFF) with orientation 6, resolution, dates, exposure and a user comment.
[[nodiscard]] std::vector<std::uint8_t> make_exif();
[[nodiscard]] const std::string& xmp_packet();
[[nodiscard]] const std::string& comment_text();

}  // namespace ece465::testing
