#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "scene.hpp"

/// JPEG files in memory, written and read by libjpeg, independently of the code under test.

namespace ece465::testing {

enum class JpegColor { gray, ycbcr, rgb, cmyk };

struct JpegMarker {
  int code = 0;  ///< 0xE0 + n, 0xFE
  std::vector<std::byte> content;
  bool operator==(const JpegMarker&) const = default;
};
[[nodiscard]] JpegMarker jpeg_marker(int code, std::string_view content);

struct JpegFactors {
  int h = 1, v = 1;
  bool operator==(const JpegFactors&) const = default;
};

struct JpegOptions {
  JpegColor color = JpegColor::gray;
  std::array<JpegFactors, 3> factors{};  ///< sampling factors
  int quality = 90;
  bool wide_tables = false;  ///< quantization steps may exceed 255
  bool progressive = false, arithmetic = false, optimize = false;
  bool one_component_per_scan = false;  ///< each component has its own scan
  unsigned restart_interval = 0;        ///< MCUs
  bool jfif = true;                     ///< for gray and YCbCr; RGB gets an Adobe marker
  std::vector<JpegMarker> markers;      ///< written after the JFIF header
  bool tables = true;                   ///< false: an abbreviated stream
};

/// Encodes a scene of 8 bits and one or three colours (CMYK: three, and no black).
[[nodiscard]] std::vector<std::byte> encode_jpeg(const Scene& scene, const JpegOptions& options);
/// A stream with only the tables that `encode_jpeg` would write.
[[nodiscard]] std::vector<std::byte> encode_jpeg_tables(const JpegOptions& options);

/// One stored component.
struct JpegPlane {
  int id = 0;
  JpegFactors factors;
  std::uint32_t width = 0, height = 0;
  std::vector<std::uint16_t> samples;  ///< width * height
  std::array<std::uint16_t, 64> quant{};
};

/// A decoded file.
struct JpegPicture {
  std::uint32_t width = 0, height = 0;
  JpegColor color = JpegColor::gray;
  bool progressive = false, arithmetic = false;
  bool standard_huffman = false;  ///< the first scan's first AC table is the standard's
  unsigned restart_interval = 0;
  std::vector<JpegPlane> planes;
  std::vector<JpegMarker> markers;  ///< all APPn and COM, in order
};
/// Decodes to planes. `tables`: a stream with tables, read first.
[[nodiscard]] JpegPicture decode_jpeg(Bytes file, Bytes tables = {});
/// Decodes to rows of gray (one component) or RGB.
[[nodiscard]] Scene decode_jpeg_rows(Bytes file);

/// A plane as a gray scene.
[[nodiscard]] Scene scene_of(const JpegPlane& plane);

}  // namespace ece465::testing
