#pragma once

#include <memory>
#include <vector>

#include "ece465/image/pixels.hpp"
#include "frame.hpp"

/// JPEG streams inside other files: the strips and tiles of a TIFF. The same decoder and encoder as for files.
///
/// How a TIFF goes about it (one codec per thread):
///
///     const auto model = photometric == YCbCr ? ColorModel::ycbcr : ...;   // the TIFF says it, not the stream
///     const auto how = model == ColorModel::rgb || channels == Channels::each ? Delivery::rgb_rows
///                      : channels == Channels::gray                           ? Delivery::luma
///                                                                             : Delivery::planes;
///     ECE465_ASSIGN(auto codec, StreamCodec::create(jpeg_tables, {.color = model, .delivery = how,
///                                                   .max_width = tile_width, .max_height = tile_length}));
///     ECE465_TRY(codec->decode(strip, block));     // block.width x block.height: the stream's plane
///     block.height = rows_inside_the_image;        // what lies outside is neither counted nor mapped
///     ... count, map ...
///     ECE465_ASSIGN(const Frame frame, codec->inspect(strip));  // the strip that was read, once more
///     ECE465_TRY(codec->encode(block, frame, out));  // same tables, sampling, coding; edges made anew
///
/// A gray result is written with `encode(block, gray_frame(frame), out)`.

namespace ece465::image::jpeg {

/// What a decoder hands out.
enum class Delivery {
  planes,     ///< the stored planes: rows of component 0, the others' behind them (see Band)
  luma,       ///< component 0's plane alone; nothing is spent on the others. It must be of full size
  gray_rows,  ///< rows of gray pixels at the image's size, for a component 0 that is not
  rgb_rows,   ///< rows of interleaved red, green, blue
};

/// What the containing file knows of its streams.
struct StreamTraits {
  ColorModel color = ColorModel::gray;
  Delivery delivery = Delivery::planes;
  /// Larger streams are refused before anything is allocated for them.
  std::uint32_t max_width = 0, max_height = 0;
  /// A stream in several scans needs all its coefficients in memory; more than this is refused.
  std::uint64_t max_decoder_bytes = std::uint64_t{64} << 20;
  Limits limits;
};

/// Decodes and encodes streams that share tables. Not for several threads at once.
class StreamCodec {
 public:
  /// `tables`: the JPEGTables field, an abbreviated stream of tables alone, or nothing. Copied.
  [[nodiscard]] static Result<std::unique_ptr<StreamCodec>> create(Bytes tables, const StreamTraits& traits);
  virtual ~StreamCodec() = default;

  /// Reads a stream's header. Tables that come later (in a stream of several scans) are not known yet.
  [[nodiscard]] virtual Result<Frame> inspect(Bytes stream) = 0;
  /// Decodes a stream into one block: all of it, whatever its height.
  [[nodiscard]] virtual Result<void> decode(Bytes stream, Block& out) = 0;
  /// Encodes a block that `decode` shaped as a stream like `frame`. Tables equal to those that `create` was
  /// given are left out, others are in the stream. Where the block's width and height were made less than
  /// the plane's, its last column and row are repeated outwards. `out` is replaced.
  [[nodiscard]] virtual Result<void> encode(Block& block, const Frame& frame, std::vector<std::byte>& out) = 0;
};

}  // namespace ece465::image::jpeg
