#pragma once

#include "chunks.hpp"

namespace ece465::image::png {

/// An open PNG. The writer looks into it for what it keeps.
class Reader : public ImageReader {
 public:
  [[nodiscard]] Format format() const final { return Format::png; }
  [[nodiscard]] virtual const ByteSource& source() const = 0;
  [[nodiscard]] virtual const Structure& structure() const = 0;
  /// True when pixels come for another format, so that nothing but `metadata` may be carried over.
  [[nodiscard]] virtual bool is_interleaved() const = 0;
};

}  // namespace ece465::image::png
