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

/// What the equalizer and the cluster see of an image format: pages made of blocks that are read, and written
/// back in the same shape. Formats know nothing of equalization; the equalizer knows nothing of formats.

namespace ece465::image {

enum class Format { jpeg, tiff, png };
[[nodiscard]] std::string_view format_name(Format format);
/// By the extension, in any case: .jpg .jpeg .tif .tiff .png; nothing for others.
[[nodiscard]] std::optional<Format> format_of_name(std::string_view file_name);
/// By the first bytes of the content.
[[nodiscard]] std::optional<Format> format_of_content(Bytes head);

/// What travels when an image changes its format. Each is empty when absent.
struct Metadata {
  std::vector<std::byte> exif;  ///< a TIFF structure, without JPEG's "Exif\0\0" prefix
  std::vector<std::byte> icc;   ///< the profile, whole
  std::string xmp;              ///< the packet
  std::vector<std::string> comments;
  /// Pixels per metre; 0: unknown.
  double x_density = 0, y_density = 0;
};

/// One page of an open image.
struct PageInfo {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  PixelLayout layout;
  /// Set when pixels are indices into this palette (then the layout is 8-bit gray, for the indices), and the
  /// depth of its colours.
  std::optional<Palette> palette;
  unsigned palette_bits = 8;
  /// Samples of a pixel that travel in a block but not in `layout` (a colour JPEG's chroma behind its Y plane).
  unsigned auxiliary_samples = 0;
  [[nodiscard]] unsigned stored_samples() const { return static_cast<unsigned>(layout.samples()) + auxiliary_samples; }
  std::size_t block_count = 0;
  /// Blocks are full-width bands of `rows_per_block` rows, the last one perhaps shorter, top to bottom.
  /// When not (tiles), rows_per_block is a tile's height and `blocks_across` > 1 of them stand side by side.
  std::uint32_t rows_per_block = 0;
  std::size_t blocks_across = 1;
  /// Then each is so many pixels wide, but for the last one of a row. 0: blocks are full-width.
  std::uint32_t columns_per_block = 0;
  /// The largest block's buffer, and all blocks' buffers together.
  std::size_t block_bytes = 0;
  std::uint64_t total_bytes = 0;
  /// Memory that the decoder needs besides blocks (a progressive JPEG's coefficients), known from the header.
  std::uint64_t decoder_bytes = 0;
  /// Memory that each thread's reader and writer need besides their blocks (encoded bytes, planes taken apart).
  std::uint64_t thread_bytes = 0;
  /// Memory that writing the page back as it is needs besides blocks.
  std::uint64_t encoder_bytes = 0;
  /// Blocks may be read in any order by several readers at once; else 0, 1, 2, ... by one.
  bool any_order = false;
  /// Decoding costs so little that reading twice beats keeping blocks in memory (uncompressed data).
  bool cheap_to_reread = false;
};

/// Reads one page's blocks. One per thread.
class BlockReader {
 public:
  virtual ~BlockReader() = default;
  /// Decodes block `index` into `out`, whose buffer is reused. Fails with `corrupt`, `bad_input`.
  [[nodiscard]] virtual Result<void> read(std::size_t index, Block& out) = 0;
};

/// How pixels should come.
struct ReadOptions {
  Channels channels = Channels::luma;
  /// Pixels will be written by another format: interleaved gray or RGB, whatever the file stores (a JPEG's
  /// stored Y plane with its chroma behind it means nothing to PNG).
  bool interleaved = false;
  /// Blocks of about so many bytes where the file leaves a choice; 0: what suits a core's cache. Only when what is
  /// written has the same format: a new file's strips and bands follow the blocks.
  std::size_t block_bytes = 0;
  Limits limits;
};

/// An open image file. Opening reads headers only; what they claim is checked against the limits.
class ImageReader {
 public:
  virtual ~ImageReader() = default;
  [[nodiscard]] virtual Format format() const = 0;
  [[nodiscard]] virtual const std::vector<PageInfo>& pages() const = 0;
  /// Starts a pass over a page. May be called again, and from several threads when `any_order`.
  [[nodiscard]] virtual Result<std::unique_ptr<BlockReader>> read_page(std::size_t page) const = 0;
  /// For writing to another format; same-format writers look deeper by themselves.
  [[nodiscard]] virtual Result<Metadata> metadata() const = 0;
  /// What a person should know of this file (an animation's later frames are dropped, ...); usually empty.
  /// Some of it is learnt by reading blocks only.
  [[nodiscard]] virtual std::vector<std::string> notes() const { return {}; }
};

/// Opens an image of any format, recognised by its content. The source must outlive the reader.
/// Fails with `bad_input` (no image), `unsupported` (names what was found), `corrupt`, `too_large`.
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
  /// Several block writers may work at once, block indices handed out ascending; else one, 0, 1, 2, ...
  /// What is written does not depend on the order in which blocks arrive.
  [[nodiscard]] virtual bool any_order() const = 0;
  /// Of those that take blocks in any order: `write` may wait for blocks of lower indices, so their writing must
  /// have begun. False: it never waits, and indices need not ascend.
  [[nodiscard]] virtual bool waits_for_lower() const { return true; }
  [[nodiscard]] virtual Result<std::unique_ptr<BlockWriter>> open_blocks() = 0;
  /// A block will never come, since something failed: whoever waits in `write` for its turn stops waiting. May
  /// be called from any thread; `finish` is not called afterwards.
  virtual void abandon() {}
  /// After the last block.
  [[nodiscard]] virtual Result<void> finish() = 0;
};

class ImageWriter {
 public:
  virtual ~ImageWriter() = default;
  /// Starts page `index` of the reader's pages, in order; each must be finished before the next begins.
  /// `info`: what its blocks will look like (after `gray`, narrowing, a new palette...).
  [[nodiscard]] virtual Result<std::unique_ptr<PageWriter>> begin_page(std::size_t index, const PageInfo& info) = 0;
  /// Writes what comes last. The sink then holds the whole file.
  [[nodiscard]] virtual Result<void> finish() = 0;
  /// What a person should know of the result (a profile that no longer fitted was dropped); after `finish`.
  [[nodiscard]] virtual std::vector<std::string> notes() const { return {}; }
};

struct WriteOptions {
  /// JPEG quality 1-100; 0 keeps the input's quantization tables (a JPEG input), else 92.
  int quality = 0;
  /// The run's memory budget. A writer may use a quarter of it for what makes the file smaller and can be done
  /// without.
  std::uint64_t memory_bytes = Limits{}.default_memory_bytes;
  Limits limits;
};

/// Starts writing `format`. When the reader has the same format and was opened without `interleaved`,
/// everything but the pixels is kept: metadata, layout, compression. Else `reader.metadata()` is carried.
/// Reader and sink must outlive the writer.
[[nodiscard]] Result<std::unique_ptr<ImageWriter>> create_image(Format format, const ImageReader& reader,
                                                                ByteSink& sink, const WriteOptions& options);

/// What a format can hold; the equalizer converts what it cannot (and says so) or refuses.
struct Capabilities {
  bool sixteen_bits, alpha, palette, many_pages;
};
[[nodiscard]] Capabilities capabilities(Format format);

}  // namespace ece465::image
