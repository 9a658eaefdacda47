#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"

/// The content of a JPEG's frame header, and the memory layout of its planes in a block.

namespace ece465::image::jpeg {

/// Samples per side of a DCT block.
inline constexpr std::uint32_t kDctSize = 8;
/// The maximum number of rows of a component in one row of MCUs: the largest sampling factor is 4 (T.81, B.2.2).
inline constexpr int kMaxRowsPerImcu = 4 * kDctSize;
/// The largest width and height that libjpeg handles (its JPEG_MAX_DIMENSION).
inline constexpr std::uint32_t kMaxSide = 65'500;

/// The meaning of the components.
enum class ColorModel {
  gray,
  ycbcr,
  rgb,  ///< stored as red, green, blue (Adobe transform 0, or a TIFF that says so)
};

/// Quantization steps in natural (row by row) order.
using QuantTable = std::array<std::uint16_t, 64>;

struct Component {
  int id = 0;  ///< as in the file: usually 1, 2, 3 or 'R', 'G', 'B'
  /// Sampling factors, 1 to 4: the plane has h / max h of the image's columns and v / max v of its rows.
  int h = 1, v = 1;
  int quant_slot = 0;  ///< the slot (0 to 3) that it refers to
  QuantTable quant{};  ///< that slot's table when the component's data began
};

/// The size of a component's plane, in samples of the image and in whole 8x8 blocks.
struct PlaneSize {
  std::uint32_t width = 0, height = 0;
  std::uint32_t padded_width = 0, padded_height = 0;
};

/// All properties of a JPEG image that its re-encoded version shares, apart from metadata.
struct Frame {
  std::uint32_t width = 0, height = 0;
  ColorModel color = ColorModel::gray;
  std::vector<Component> components;  ///< one or three
  bool progressive = false;
  bool arithmetic = false;  ///< arithmetic instead of Huffman coding
  /// Stored in several scans: decoding it, and encoding it likewise, needs all coefficients in memory.
  bool multi_scan = false;
  /// The Huffman tables are the examples of T.81, annex K, not optimized for this image.
  bool standard_huffman = true;
  unsigned restart_interval = 0;  ///< in MCUs; 0: none

  [[nodiscard]] int max_h() const;
  [[nodiscard]] int max_v() const;
  [[nodiscard]] PlaneSize plane(std::size_t component) const;
  /// Component 0 has a sample for every pixel. True for all but exotic files.
  [[nodiscard]] bool full_size_luma() const;
  /// Rows of interleaved MCUs ("iMCU rows"), each 8 * max_v image rows high.
  [[nodiscard]] std::uint32_t imcu_rows() const;
  /// Size of the coefficients of the whole image, as libjpeg buffers them.
  [[nodiscard]] std::uint64_t coefficient_bytes() const;
  /// All components fit in one scan: an MCU has at most 10 blocks (T.81, B.2.3).
  [[nodiscard]] bool interleaves() const;
};

/// The same image as one full-size gray component, with the quantization table of component 0 (green's for RGB).
[[nodiscard]] Frame gray_frame(const Frame& frame);

/// Checks that libjpeg can encode with these quantization tables: steps of 0 are corrupt, steps above 8191 unsupported.
[[nodiscard]] Result<void> check_quant_tables(const Frame& frame);

/// The location of one component's rows in a block's buffer.
struct PlaneRows {
  std::size_t offset = 0;
  std::size_t stride = 0;  ///< whole 8x8 blocks
  std::uint32_t rows = 0;  ///< whole iMCU rows, so the last band may have more rows than the image
};

/// A number of iMCU rows of a frame in one buffer: the rows of component 0, then those of the others.
struct Band {
  std::array<PlaneRows, 3> planes;
  std::size_t bytes = 0;
};
/// `components`: the number of the frame's components in the band (1: luma only).
[[nodiscard]] Band make_band(const Frame& frame, std::size_t components, std::uint32_t imcu_rows);

}  // namespace ece465::image::jpeg
