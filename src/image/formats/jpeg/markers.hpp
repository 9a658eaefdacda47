#pragma once

#include <cstdint>
#include <vector>

#include "ece465/base/byte_source.hpp"
#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"

/// A JPEG file's markers before the image data: what must be carried over, and what can be refused by name
/// before libjpeg sees it.

namespace ece465::image::jpeg {

enum class SegmentKind {
  jfif,
  adobe,
  exif,
  xmp,
  extended_xmp,
  icc,
  multi_picture,  ///< an index of further pictures behind this one (MPF)
  comment,
  other,
};

/// An APPn or COM segment. Its bytes stay in the file until they are needed.
struct Segment {
  int marker = 0;  ///< 0xE0 + n, or 0xFE
  SegmentKind kind = SegmentKind::other;
  std::uint64_t offset = 0;  ///< of its content, after the length
  std::uint16_t length = 0;  ///< of its content
};

/// How many content bytes come before what the kind says it is: "Exif\0\0" and the like.
[[nodiscard]] std::size_t signature_bytes(SegmentKind kind);

/// Walks the markers up to the first scan. Fails with `corrupt` (ends early, no image), `too_large` (more
/// metadata than the limits allow) and `unsupported` (lossless, hierarchical, 12 bits, ...).
[[nodiscard]] Result<std::vector<Segment>> read_head(const ByteSource& source, const Limits& limits);

/// A segment's content.
[[nodiscard]] Result<std::vector<std::byte>> read_segment(const ByteSource& source, const Segment& segment);

}  // namespace ece465::image::jpeg
