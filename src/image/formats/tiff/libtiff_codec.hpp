#pragma once

#include <memory>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "page_spec.hpp"

/// LZW, deflate, PackBits, LZMA and zstd with libtiff, one segment at a time, in memory.
///
/// libtiff never sees the file. Each thread has its own handle, opened on a synthetic image of one segment. A hostile
/// file thus reaches only a decoder with buffers of ours, and threads can decode and encode segments in parallel. The
/// interfaces keep libtiff's header out of other files.

namespace ece465::image::tiff {

/// Whether this build of libtiff supports the compression.
[[nodiscard]] bool is_supported_by_libtiff(std::uint16_t compression);

class SegmentDecoder {
 public:
  virtual ~SegmentDecoder() = default;
  /// Fills `out`, in native byte order. May overwrite `encoded`. Fails with `corrupt`.
  [[nodiscard]] virtual Result<void> decode(MutableBytes encoded, MutableBytes out) = 0;
};

class SegmentEncoder {
 public:
  virtual ~SegmentEncoder() = default;
  /// Appends the encoded form of `pixels` (whole rows) to `out`. May overwrite `pixels`.
  [[nodiscard]] virtual Result<void> encode(MutableBytes pixels, std::vector<std::byte>& out) = 0;
};

[[nodiscard]] Result<std::unique_ptr<SegmentDecoder>> make_decoder(const PageSpec& spec);
[[nodiscard]] Result<std::unique_ptr<SegmentEncoder>> make_encoder(const PageSpec& spec);

}  // namespace ece465::image::tiff
