#pragma once

#include <cstdint>
#include <optional>

#include "directory.hpp"
#include "ece465/image/pixels.hpp"

/// The validated properties of a directory's image: the layout, storage and compression of its samples.

namespace ece465::image::tiff {

/// Strips and tiles are called segments: rectangles that are stored and compressed separately.
struct PageSpec {
  std::uint32_t width = 0, height = 0;
  std::uint16_t bits = 8;     ///< per sample: 8 or 16
  std::uint16_t samples = 1;  ///< per pixel
  std::uint16_t photometric = photometric::kMinIsBlack;
  std::uint16_t compression = compression::kNone;
  std::uint16_t predictor = 1;  ///< 1: none, 2: horizontal differences; 1 for compressions that have none
  bool reversed_bits = false;   ///< FillOrder 2
  bool planar = false;          ///< the samples of a pixel are in separate segments
  Alpha alpha = Alpha::none;
  std::endian order = std::endian::little;

  bool tiled = false;
  std::uint32_t segment_width = 0;   ///< of a tile; strips are as wide as the page
  std::uint32_t segment_height = 0;  ///< of a tile or a whole strip

  /// YCbCr: the number of pixels that share a chroma sample, across and down; else 1, 1.
  std::uint16_t h_sampling = 1, v_sampling = 1;

  [[nodiscard]] unsigned colors() const {
    return photometric == photometric::kRgb || photometric == photometric::kYCbCr ? 3 : 1;
  }
  [[nodiscard]] unsigned sample_bytes() const { return bits / 8U; }
  [[nodiscard]] bool ycbcr() const { return photometric == photometric::kYCbCr; }
  [[nodiscard]] bool jpeg() const { return compression == compression::kJpeg; }
  [[nodiscard]] bool palette() const { return photometric == photometric::kPalette; }

  /// The number of segments across and down; of one plane, if planar.
  [[nodiscard]] std::size_t across() const { return (std::size_t{width} + segment_width - 1) / segment_width; }
  [[nodiscard]] std::size_t down() const { return (std::size_t{height} + segment_height - 1) / segment_height; }
  [[nodiscard]] std::size_t segments_per_plane() const { return across() * down(); }
  [[nodiscard]] std::size_t planes() const { return planar ? samples : 1; }
  [[nodiscard]] std::size_t segments() const { return segments_per_plane() * planes(); }
  /// The rows that segment `index` of a plane stores: tiles are complete, the last strip may be shorter.
  [[nodiscard]] std::uint32_t stored_rows(std::size_t index) const;
  /// Bytes of `rows` rows of a segment, decoded, with complete data units.
  [[nodiscard]] std::size_t stored_bytes(std::uint32_t rows) const;
  [[nodiscard]] std::size_t segment_bytes() const { return stored_bytes(segment_height); }
  /// "strip 3" or "tile 3", for messages.
  [[nodiscard]] std::string segment_name(std::size_t index) const;
};

/// Whether the image only accompanies others: a thumbnail, a level of a pyramid, a transparency mask. If it is
/// unsupported it is copied unchanged, whereas an unsupported main image is an error.
[[nodiscard]] bool is_auxiliary_image(const Directory& directory, const ValueReader& values);
[[nodiscard]] bool has_image(const Directory& directory);

/// Fails with `unsupported` (and names the feature), `corrupt`, `too_large`.
[[nodiscard]] Result<PageSpec> read_page_spec(const Directory& directory, const ValueReader& values,
                                              const Limits& limits);

/// Some microscopy programs store many slices with one directory. Equalizing the first and dropping the rest would lose
/// data unnoticed, so this fails with `unsupported`. `spec`: the only page of the file.
[[nodiscard]] Result<void> reject_hidden_slices(const Directory& directory, const PageSpec& spec,
                                                const ValueReader& values);

/// The entry with the segments' offsets or sizes, or null.
[[nodiscard]] const Entry* segment_offsets(const Directory& directory);
[[nodiscard]] const Entry* segment_sizes(const Directory& directory);

/// The colours of a palette page.
[[nodiscard]] Result<Palette> read_palette(const Directory& directory, const ValueReader& values);

}  // namespace ece465::image::tiff
