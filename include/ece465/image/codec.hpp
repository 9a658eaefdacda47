#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ece465/base/byte_sink.hpp"
#include "ece465/base/byte_source.hpp"
#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"
#include "ece465/image/pixels.hpp"

/// The interface between image formats and their users, the equalizer and the cluster: pages made of blocks that are
/// read, and written back in the same shape. Formats know nothing of equalization, the equalizer nothing of formats.

namespace ece465::image {

enum class Format { jpeg, tiff, png };
[[nodiscard]] std::string_view format_name(Format format);
/// From the extension, in upper or lower case: .jpg .jpeg .tif .tiff .png.
[[nodiscard]] std::optional<Format> format_of_name(std::string_view file_name);
/// From the first bytes of the content; 16 are enough.
[[nodiscard]] std::optional<Format> format_of_content(Bytes head);

/// The metadata that is carried over when an image is converted to another format. Absent fields are empty.
struct Metadata {
  std::vector<std::byte> exif;  ///< a TIFF structure, without JPEG's "Exif\0\0" prefix
  std::vector<std::byte> icc;   ///< the complete profile
  std::string xmp;              ///< the packet
  std::vector<std::string> comments;
  /// Pixels per metre; 0 if unknown.
  double x_density = 0, y_density = 0;
};

/// One page of an open image.
struct PageInfo {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  PixelLayout layout;
  /// Set if pixels are indices into this palette; the layout is then 8-bit gray, for the indices. `palette_bits`: depth
  /// of its colours.
  std::optional<Palette> palette;
  unsigned palette_bits = 8;
  /// Samples per pixel that a block holds besides those in `layout` (a colour JPEG's chroma after its Y plane).
  unsigned auxiliary_samples = 0;
  [[nodiscard]] unsigned stored_samples() const { return static_cast<unsigned>(layout.samples()) + auxiliary_samples; }
  std::size_t block_count = 0;
  /// Blocks are full-width bands of `rows_per_block` rows from top to bottom; the last may be shorter. If they are
  /// tiles, `rows_per_block` is a tile's height, and there are `blocks_across` > 1 tiles in a row.
  std::uint32_t rows_per_block = 0;
  std::size_t blocks_across = 1;
  /// Width of a tile in pixels; the last one of a row may be narrower. 0: blocks are full-width.
  std::uint32_t columns_per_block = 0;
  /// Size of the largest block's buffer, and of all blocks' buffers together.
  std::size_t block_bytes = 0;
  std::uint64_t total_bytes = 0;
  /// Memory of the decoder besides blocks (a progressive JPEG's coefficients), known from the header.
  std::uint64_t decoder_bytes = 0;
  /// Memory of each thread's reader and writer besides their blocks (encoded bytes, separated planes).
  std::uint64_t thread_bytes = 0;
  /// Memory for writing the page in its own format, besides blocks.
  std::uint64_t encoder_bytes = 0;
  /// Blocks can be read in any order, by several readers at once; otherwise only 0, 1, 2, ... by one.
  bool any_order = false;
  /// Decoding is so cheap that reading twice beats keeping blocks in memory (uncompressed data).
  bool cheap_to_reread = false;
};

/// Reads one page's blocks. One per thread.
class BlockReader {
 public:
  virtual ~BlockReader() = default;
  /// Decodes block `index` into `out`, whose buffer is reused. Fails with `corrupt` or `bad_input`.
  [[nodiscard]] virtual Result<void> read(std::size_t index, Block& out) = 0;
};

/// The form in which pixels are read.
struct ReadOptions {
  Channels channels = Channels::luma;
  /// Deliver interleaved gray or RGB, however the file stores its pixels: they will be written in another format, which
  /// cannot use a JPEG's stored Y plane and chroma.
  bool interleaved = false;
  /// Approximate size of a block, if the file allows a choice; 0: what suits a core's cache. Set this only if the
  /// output has the same format: in other formats the written strips and bands follow the blocks.
  std::size_t block_bytes = 0;
  Limits limits;
};

/// An open image file. Opening reads only headers and checks their values against the limits.
class ImageReader {
 public:
  virtual ~ImageReader() = default;
  [[nodiscard]] virtual Format format() const = 0;
  [[nodiscard]] virtual const std::vector<PageInfo>& pages() const = 0;
  /// Starts a pass over a page. May be called again, and by several threads if the page has `any_order`.
  [[nodiscard]] virtual Result<std::unique_ptr<BlockReader>> read_page(std::size_t page) const = 0;
  /// For writing another format. Writers of the same format read the source themselves.
  [[nodiscard]] virtual Result<Metadata> metadata() const = 0;
  /// Remarks for the user about this file ("the animation was dropped ..."); usually empty. Some become known only
  /// while blocks are read.
  [[nodiscard]] virtual std::vector<std::string> notes() const { return {}; }
};

/// Opens an image; its format is detected from the content. The source must outlive the reader.
/// Fails with `bad_input` (not an image), `unsupported` (names the feature), `corrupt` or `too_large`.
[[nodiscard]] Result<std::unique_ptr<ImageReader>> open_image(const ByteSource& source, const ReadOptions& options);

/// Writes one page's blocks. One per thread.
class BlockWriter {
 public:
  virtual ~BlockWriter() = default;
  /// Encodes and writes block `index`. May take the buffer. Fails with `io`.
  [[nodiscard]] virtual Result<void> write(std::size_t index, Block& block) = 0;
};

class PageWriter {
 public:
  virtual ~PageWriter() = default;
  /// Several block writers may work at once, with block indices assigned in ascending order; otherwise one writer takes
  /// 0, 1, 2, ... The output does not depend on the order in which blocks arrive.
  [[nodiscard]] virtual bool any_order() const = 0;
  /// If `any_order`: whether `write` may wait for blocks of lower indices, whose writing must then have begun. False:
  /// it never waits, and indices need not ascend.
  [[nodiscard]] virtual bool waits_for_lower() const { return true; }
  [[nodiscard]] virtual Result<std::unique_ptr<BlockWriter>> open_blocks() = 0;
  /// A block will be missing because something failed: threads waiting in `write` return. May be called from any
  /// thread; `finish` is not called afterwards.
  virtual void abandon() {}
  /// After the last block.
  [[nodiscard]] virtual Result<void> finish() = 0;
};

class ImageWriter {
 public:
  virtual ~ImageWriter() = default;
  /// Starts page `index` of the reader's pages, in order; each must be finished before the next begins.
  /// `info` describes the blocks to come (after conversion to gray, narrowing, a new palette, ...).
  [[nodiscard]] virtual Result<std::unique_ptr<PageWriter>> begin_page(std::size_t index, const PageInfo& info) = 0;
  /// Writes the end of the file. The sink then holds the complete file.
  [[nodiscard]] virtual Result<void> finish() = 0;
  /// Remarks for the user about the result ("the colour profile was dropped ..."); after `finish`.
  [[nodiscard]] virtual std::vector<std::string> notes() const { return {}; }
};

struct WriteOptions {
  /// JPEG quality, 1 to 100; 0 keeps the quantization tables of a JPEG input, and means 92 for others.
  int quality = 0;
  /// The run's memory budget. A writer may use a quarter of it for optional work that makes the file smaller.
  std::uint64_t memory_bytes = Limits{}.default_memory_bytes;
  Limits limits;
};

/// Starts writing `format`. If the reader has the same format and was opened without `interleaved`, everything but the
/// pixels is preserved: metadata, layout, compression. Otherwise `reader.metadata()` is carried over.
/// Reader and sink must outlive the writer.
[[nodiscard]] Result<std::unique_ptr<ImageWriter>> create_image(Format format, const ImageReader& reader,
                                                                ByteSink& sink, const WriteOptions& options);

/// What a format can store. The equalizer converts the rest and adds a note, or fails.
struct FormatFeatures {
  bool sixteen_bits, alpha, palette, many_pages;
};
[[nodiscard]] FormatFeatures format_features(Format format);

}  // namespace ece465::image
