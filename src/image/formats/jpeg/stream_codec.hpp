#pragma once

#include <memory>
#include <vector>

#include "ece465/base/limits.hpp"
#include "ece465/image/pixels.hpp"
#include "frame.hpp"

namespace ece465::image::jpeg {

class Decoder;
struct SharedTables;

/// The form of a decoder's output.
enum class OutputMode {
  planes,     ///< the stored planes: rows of component 0, followed by those of the others (see Band)
  luma,       ///< component 0's plane only, which must be of full size; the others are not decoded
  gray_rows,  ///< rows of gray pixels at the image's size, for a component 0 of another size
  rgb_rows,   ///< rows of interleaved red, green, blue
};

/// Blocks are bands of planes (see Band), not rows of pixels.
[[nodiscard]] constexpr bool is_planar(OutputMode mode) {
  return mode == OutputMode::planes || mode == OutputMode::luma;
}

/// What the containing file knows about its streams.
struct StreamOptions {
  ColorModel color = ColorModel::gray;
  OutputMode output = OutputMode::planes;
  /// Larger streams are rejected before anything is allocated for them.
  std::uint32_t max_width = 0, max_height = 0;
  /// A stream in several scans needs all its coefficients in memory; streams that need more than this are rejected.
  std::uint64_t max_decoder_bytes = std::uint64_t{64} << 20;
  Limits limits;
};

/// Decodes and encodes JPEG streams inside other files, the strips and tiles of a TIFF, which may share tables.
/// Thread-safe. Gray results are written with `encode(block, gray_frame(frame), out)`.
class StreamCodec {
 public:
  /// `tables`: the JPEGTables field (an abbreviated stream of tables only) or nothing. Copied.
  [[nodiscard]] static Result<std::unique_ptr<StreamCodec>> create(Bytes tables, const StreamOptions& options);
  ~StreamCodec();

  /// Reads a stream's header. Tables that come later (in a stream of several scans) are not known yet.
  [[nodiscard]] Result<Frame> inspect(Bytes stream) const;
  /// Decodes a whole stream into one block. The caller then reduces the block's width and height to the part that lies
  /// inside the image.
  [[nodiscard]] Result<void> decode(Bytes stream, Block& out) const;
  /// Encodes a block from `decode` as a stream like `frame`. Omits tables equal to those given to `create`. Where the
  /// block's width and height are less than the plane's, repeats its last column and row. Replaces `out`.
  [[nodiscard]] Result<void> encode(Block& block, const Frame& frame, std::vector<std::byte>& out) const;

 private:
  StreamCodec(Bytes tables, const StreamOptions& options);
  Result<Frame> open(Decoder& decoder, Bytes stream) const;

  std::vector<std::byte> table_bytes_;
  std::unique_ptr<SharedTables> tables_;
  StreamOptions options_;
};

}  // namespace ece465::image::jpeg
