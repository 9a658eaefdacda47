#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ece465/base/byte_source.hpp"
#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"

/// The markers of a JPEG file before its image data (T.81, annex B): finds the metadata, and rejects unsupported files
/// with a clear message before libjpeg sees them.

namespace ece465::image::jpeg {

enum class SegmentKind {
  jfif,
  adobe,
  exif,
  xmp,
  extended_xmp,
  icc,
  multi_picture,  ///< an index of further pictures after this one (MPF)
  comment,
  other,
};

/// An APPn or COM segment. Its content stays in the file until it is needed.
struct MarkerSegment {
  int marker = 0;  ///< 0xE0 + n, or 0xFE
  SegmentKind kind = SegmentKind::other;
  std::uint64_t offset = 0;  ///< of its content, after the length
  std::uint16_t length = 0;  ///< of its content
};

/// The first bytes of the content of a segment of this kind: "Exif\0\0" and the like.
[[nodiscard]] std::string_view signature(SegmentKind kind);

/// Returns the APPn and COM segments before the first scan. Fails with `corrupt` (ends early, no image), `too_large`
/// (more metadata than the limits allow) and `unsupported` (lossless, hierarchical, 12 bits, ...).
[[nodiscard]] Result<std::vector<MarkerSegment>> find_segments(const ByteSource& source, const Limits& limits);

/// A segment's content.
[[nodiscard]] Result<std::vector<std::byte>> read_segment(const ByteSource& source, const MarkerSegment& segment);

}  // namespace ece465::image::jpeg
