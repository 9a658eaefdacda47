#pragma once

#include <memory>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "page_spec.hpp"

/// LZW, deflate, PackBits, LZMA and zstd by libtiff, one segment at a time, in memory.
///
/// libtiff never sees the file. Its handles belong to one thread each and are opened on a made-up image that is one
/// segment large: what a hostile file can reach of the library is a decoder with the buffers we give it, and
/// segments can be decoded and encoded by many threads at once.

namespace ece465::image::tiff {

/// Whether this build of libtiff knows the compression.
[[nodiscard]] bool is_known_to_libtiff(std::uint16_t compression);

class SegmentDecoder {
 public:
  virtual ~SegmentDecoder() = default;
  /// Decodes into all of `out`, native byte order. `encoded` may be scribbled on. Fails with `corrupt`.
  [[nodiscard]] virtual Result<void> decode(MutableBytes encoded, MutableBytes out) = 0;
};

class SegmentEncoder {
 public:
  virtual ~SegmentEncoder() = default;
  /// Appends the encoded form of `pixels` (whole rows) to `out`. `pixels` may be scribbled on.
  [[nodiscard]] virtual Result<void> encode(MutableBytes pixels, std::vector<std::byte>& out) = 0;
};

[[nodiscard]] Result<std::unique_ptr<SegmentDecoder>> make_decoder(const PageSpec& spec);
[[nodiscard]] Result<std::unique_ptr<SegmentEncoder>> make_encoder(const PageSpec& spec);

}  // namespace ece465::image::tiff
