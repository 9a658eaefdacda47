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

/// What a JPEG's header says, and where the planes of a band of it lie in a block.

namespace ece465::image::jpeg {

/// Samples along a side of a DCT block.
inline constexpr std::uint32_t kBlock = 8;
/// The most rows of a component that one row of MCUs has: four blocks, by the standard's largest sampling factor.
inline constexpr int kMaxRowsPerImcu = 4 * kBlock;

/// What the components mean.
enum class ColorModel {
  gray,
  ycbcr,
  rgb,  ///< stored as red, green, blue (Adobe transform 0, or a TIFF that says so)
};

/// Quantization steps in natural (row by row) order.
using QuantTable = std::array<std::uint16_t, 64>;

struct Component {
  int id = 0;  ///< as written in the file: 1, 2, 3; 'R', 'G', 'B'; anything
  /// Sampling factors, 1 to 4: the plane has h / max h of the image's columns and v / max v of its rows.
  int h = 1, v = 1;
  int quant_slot = 0;  ///< which of the four tables it names
  QuantTable quant{};  ///< and what that table held when the component's data began
};

/// The size of a component's plane: the samples that count, and how far whole 8x8 blocks reach.
struct PlaneSize {
  std::uint32_t width = 0, height = 0;
  std::uint32_t padded_width = 0, padded_height = 0;
};

/// Everything about a JPEG image that writing another one like it takes, apart from pixels and metadata.
struct Frame {
  std::uint32_t width = 0, height = 0;
  ColorModel color = ColorModel::gray;
  std::vector<Component> components;  ///< one or three
  bool progressive = false;
  bool arithmetic = false;  ///< arithmetic instead of Huffman coding
  /// Sent in several scans: decoding, and encoding as it was, need all coefficients in memory.
  bool many_scans = false;
  /// The Huffman tables are those of the standard's annex K, not made for this image.
  bool standard_huffman = true;
  unsigned restart_interval = 0;  ///< in MCUs; 0: none

  [[nodiscard]] int max_h() const;
  [[nodiscard]] int max_v() const;
  [[nodiscard]] PlaneSize plane(std::size_t component) const;
  /// Component 0 has a sample for every pixel (all but the oddest files).
  [[nodiscard]] bool full_size_luma() const;
  /// Rows of interleaved MCUs ("iMCU rows"), each 8 * max_v image rows high.
  [[nodiscard]] std::uint32_t imcu_rows() const;
  /// The coefficients of the whole image, as libjpeg buffers them.
  [[nodiscard]] std::uint64_t coefficient_bytes() const;
  /// The components' blocks fit one MCU, so that one scan can hold all of them (at most 10 of them may).
  [[nodiscard]] bool interleaves() const;
};

/// The same picture as one full-size gray component: quantized as component 0 was (green's table, for RGB).
[[nodiscard]] Frame gray_frame(const Frame& frame);

/// Whether libjpeg can encode with these tables: steps of 0 are corrupt, those above 8191 unsupported.
[[nodiscard]] Result<void> check_tables(const Frame& frame);

/// Where one component's rows lie in a block's buffer.
struct PlaneRows {
  std::size_t offset = 0;
  std::size_t stride = 0;  ///< whole 8x8 blocks
  std::uint32_t rows = 0;  ///< whole iMCU rows, so more than the image has in its last band
};

/// A band: some iMCU rows of a frame, component 0's rows first, those of the others behind.
struct Band {
  std::array<PlaneRows, 3> planes;
  std::size_t bytes = 0;
};
/// `components`: how many of the frame's components are there (1: luma alone).
[[nodiscard]] Band make_band(const Frame& frame, std::size_t components, std::uint32_t imcu_rows);

}  // namespace ece465::image::jpeg
