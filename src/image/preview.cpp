#include "ece465/image/preview.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <optional>

#include "ece465/image/codec.hpp"
#include "kernels/scalar.hpp"

/// Each pixel of the preview is the average of a cell of the page. Each block is read once and added to the cells that
/// it overlaps, so only one block and these cells are in memory.
///
/// A large page of strips or tiles is not decoded completely: the block with the centre of a cell is enough. A preview
/// of 320 pixels needs at most 320 strips, however many there are.

namespace ece465::image {
namespace {

constexpr int kQuality = 80;
/// Profiles of common colour spaces take 0.5 to 3 KB; those of printers a megabyte, many times the size of a preview.
constexpr std::size_t kMaxProfileBytes = std::size_t{16} << 10;
/// At least this many pixels are averaged along each side of a cell. More make no visible difference and are skipped.
constexpr std::uint32_t kSamplesAcross = 32;
constexpr std::uint8_t kWhite = 255;

/// One dimension of the page, divided into as many cells as the preview has pixels.
class Axis {
 public:
  Axis(std::uint32_t pixels, std::uint32_t cells)
      : pixels_(pixels), cells_(cells), step_(std::max(1U, pixels / cells / kSamplesAcross)) {}

  [[nodiscard]] std::uint32_t cells() const { return cells_; }
  [[nodiscard]] std::uint32_t cell_of(std::uint32_t at) const {
    return static_cast<std::uint32_t>(std::uint64_t{at} * cells_ / pixels_);
  }
  /// The first pixel of a cell; for the cell after the last, the number of pixels.
  [[nodiscard]] std::uint32_t start(std::uint32_t cell) const {
    return static_cast<std::uint32_t>((std::uint64_t{cell} * pixels_ + cells_ - 1) / cells_);
  }
  [[nodiscard]] std::uint32_t centre(std::uint32_t cell) const {
    return static_cast<std::uint32_t>((std::uint64_t{start(cell)} + start(cell + 1)) / 2);
  }
  /// Whether this pixel is averaged; that in the centre of a cell always is.
  [[nodiscard]] bool sampled(std::uint32_t at) const {
    return step_ == 1 || (at + std::uint64_t{step_} * pixels_ - centre(cell_of(at))) % step_ == 0;
  }

 private:
  std::uint32_t pixels_, cells_, step_;
};

/// A column of sampled pixels, and its cell.
struct Column {
  std::uint32_t at, cell;
};

using Color = std::array<std::uint8_t, 3>;

std::uint8_t narrow(std::uint16_t value) { return static_cast<std::uint8_t>(kernels::narrowed(value)); }

std::uint8_t on_white(std::uint8_t value, std::uint8_t alpha, bool premultiplied) {
  const unsigned white = 255U - alpha;
  const unsigned colored = premultiplied ? value : (value * alpha + 127U) / 255U;
  return static_cast<std::uint8_t>(std::min(255U, colored + white));
}

/// Converts stored pixels to 8-bit gray or RGB.
class PixelConverter {
 public:
  explicit PixelConverter(const PageInfo& page) : layout_(page.layout) {
    if (!page.palette) return;
    auto& colors = palette_.emplace();
    for (const PaletteColor& entry : *page.palette) {
      const std::uint8_t alpha = narrow(entry.alpha);
      colors.push_back({on_white(narrow(entry.red), alpha, false), on_white(narrow(entry.green), alpha, false),
                        on_white(narrow(entry.blue), alpha, false)});
    }
    colors.resize(256);  // indices beyond the palette are black
  }

  [[nodiscard]] unsigned channels() const { return palette_ || layout_.colors == 3 ? 3 : 1; }
  /// Whether stored pixels need no conversion.
  [[nodiscard]] bool is_identity() const {
    return !palette_ && layout_.bits == 8 && layout_.alpha == Alpha::none && !layout_.inverted;
  }
  [[nodiscard]] std::size_t pixel_bytes() const { return layout_.pixel_bytes(); }

  [[nodiscard]] Color convert(const std::byte* pixel) const {
    if (palette_) return (*palette_)[std::to_integer<std::size_t>(*pixel)];
    Color color{};
    const bool transparent = layout_.alpha != Alpha::none;
    const std::uint8_t alpha = transparent ? sample(pixel, layout_.colors) : kWhite;
    for (unsigned i = 0; i < layout_.colors; ++i) {
      std::uint8_t value = sample(pixel, i);
      if (layout_.inverted) value = static_cast<std::uint8_t>(255 - value);
      color[i] = transparent ? on_white(value, alpha, layout_.alpha == Alpha::associated) : value;
    }
    return color;
  }

 private:
  [[nodiscard]] std::uint8_t sample(const std::byte* pixel, unsigned i) const {
    if (layout_.bits == 8) return std::to_integer<std::uint8_t>(pixel[i]);
    return narrow(load<std::uint16_t>(pixel + std::size_t{2} * i, std::endian::native));
  }

  PixelLayout layout_;
  std::optional<std::vector<Color>> palette_;
};

/// Accumulates cells, and holds the picture of those that are finished.
class Canvas {
 public:
  Canvas(const Axis& across, const Axis& down, const PixelConverter& converter, std::uint32_t width)
      : down_(down), converter_(converter), cells_(across.cells()) {
    for (std::uint32_t x = 0; x < width; ++x) {
      if (across.sampled(x)) columns_.push_back({x, across.cell_of(x)});
    }
    picture_.width = cells_;
    picture_.height = down.cells();
    picture_.stride = std::size_t{cells_} * converter.channels();
    picture_.pixels.resize(picture_.stride * picture_.height);
  }

  /// Adds a block whose upper left pixel is at (`x`, `y`) of the page.
  void add(const Block& block, std::uint32_t x, std::uint32_t y) {
    const auto at = [](const Column& column) { return column.at; };
    const auto from = std::ranges::lower_bound(columns_, x, {}, at);
    const auto to = std::ranges::lower_bound(columns_, x + block.width, {}, at);
    const std::span<const Column> columns(from, to);
    for (std::uint32_t row = 0; row < block.height && y + row < down_.start(down_.cells()); ++row) {
      if (!down_.sampled(y + row)) continue;
      const std::byte* const pixels = block.pixels.data() + row * block.stride;
      add_row(sums_of(down_.cell_of(y + row)), pixels, x, columns);
    }
  }

  /// Finishes the cells above row `y`: no more blocks overlap them.
  void finish_above(std::uint32_t y) {
    while (!sums_.empty() && down_.start(first_ + 1) <= y) {
      finish_row(first_++, sums_.front());
      sums_.pop_front();
    }
  }
  [[nodiscard]] Block& finish() {
    finish_above(down_.start(down_.cells()));
    return picture_;
  }

 private:
  struct Sums {
    std::vector<std::uint32_t> values, counts;  // cannot overflow: at most 64 x 64 samples of a cell are averaged
  };

  Sums& sums_of(std::uint32_t cell) {
    while (first_ + sums_.size() <= cell) {
      sums_.push_back({std::vector<std::uint32_t>(picture_.stride), std::vector<std::uint32_t>(cells_)});
    }
    return sums_[cell - first_];
  }

  void add_row(Sums& sums, const std::byte* pixels, std::uint32_t x, std::span<const Column> columns) const {
    const std::size_t bytes = converter_.pixel_bytes();
    const unsigned channels = converter_.channels();
    const bool identity = converter_.is_identity();
    for (const Column& column : columns) {
      const std::byte* const pixel = pixels + (column.at - x) * bytes;
      std::uint32_t* const values = &sums.values[std::size_t{column.cell} * channels];
      ++sums.counts[column.cell];
      if (identity) {
        for (unsigned i = 0; i < channels; ++i) values[i] += std::to_integer<std::uint32_t>(pixel[i]);
      } else {
        const Color color = converter_.convert(pixel);
        for (unsigned i = 0; i < channels; ++i) values[i] += color[i];
      }
    }
  }

  void finish_row(std::uint32_t cell, const Sums& sums) {
    const unsigned channels = converter_.channels();
    std::byte* const row = picture_.pixels.data() + cell * picture_.stride;
    for (std::size_t i = 0; i < picture_.stride; ++i) {
      const std::uint32_t count = sums.counts[i / channels];
      row[i] = static_cast<std::byte>(count == 0 ? kWhite : (sums.values[i] + count / 2) / count);
    }
  }

  Axis down_;
  const PixelConverter& converter_;
  std::uint32_t cells_;
  std::vector<Column> columns_;
  std::uint32_t first_ = 0;  // the cell row of sums_.front()
  std::deque<Sums> sums_;
  Block picture_;
};

/// An EXIF structure with the orientation only; empty if `exif` has none, or the normal one.
std::vector<std::byte> orientation_only(Bytes exif) {
  constexpr std::uint16_t kOrientation = 274, kShort = 3;  // TIFF 6.0, sections 2 and 8
  constexpr std::size_t kHeader = 8, kEntry = 12;
  if (exif.size() < kHeader) return {};
  const std::endian order = as_text(exif.first(2)) == "MM" ? std::endian::big : std::endian::little;
  const std::size_t directory = load<std::uint32_t>(&exif[4], order);
  if (directory > exif.size() || exif.size() - directory < 2) return {};
  const std::size_t count = load<std::uint16_t>(&exif[directory], order);
  for (std::size_t i = 0, at = directory + 2; i < count && exif.size() - at >= kEntry; ++i, at += kEntry) {
    if (load<std::uint16_t>(&exif[at], order) != kOrientation || load<std::uint16_t>(&exif[at + 2], order) != kShort) {
      continue;
    }
    const auto value = load<std::uint16_t>(&exif[at + 8], order);
    if (value < 2 || value > 8) return {};
    std::vector<std::byte> only(kHeader + 2 + kEntry + 4);
    std::copy_n(as_bytes(std::string_view("II*\0", 4)).begin(), 4, only.begin());
    store<std::uint32_t>(&only[4], kHeader, std::endian::little);
    store<std::uint16_t>(&only[kHeader], 1, std::endian::little);
    store<std::uint16_t>(&only[kHeader + 2], kOrientation, std::endian::little);
    store<std::uint16_t>(&only[kHeader + 4], kShort, std::endian::little);
    store<std::uint32_t>(&only[kHeader + 6], 1, std::endian::little);
    store<std::uint16_t>(&only[kHeader + 10], value, std::endian::little);
    return only;
  }
  return {};
}

/// The picture as the input of an image writer: one page, one block.
class Picture final : public ImageReader {
 public:
  Picture(const Block& block, unsigned channels, Metadata metadata) : metadata_(std::move(metadata)) {
    PageInfo page;
    page.width = block.width;
    page.height = block.height;
    page.layout.colors = static_cast<std::uint8_t>(channels);
    page.block_count = 1;
    page.rows_per_block = block.height;
    page.block_bytes = block.pixels.size();
    page.total_bytes = page.block_bytes;
    pages_.push_back(page);
  }

  Format format() const override { return Format::png; }  // not JPEG, so that the writer preserves nothing
  const std::vector<PageInfo>& pages() const override { return pages_; }
  Result<std::unique_ptr<BlockReader>> read_page(std::size_t /*page*/) const override {
    return fail(Errc::internal, "a preview cannot be read");
  }
  Result<Metadata> metadata() const override { return metadata_; }

 private:
  std::vector<PageInfo> pages_;
  Metadata metadata_;
};

Result<std::vector<std::byte>> encode(Block& picture, unsigned channels, const ImageReader& original) {
  Metadata kept;
  // Optional: the preview is usable without metadata.
  if (auto metadata = original.metadata()) {
    kept.exif = orientation_only(metadata->exif);
    if (metadata->icc.size() <= kMaxProfileBytes) kept.icc = std::move(metadata->icc);
  }
  const Picture image(picture, channels, std::move(kept));
  MemorySink sink;
  WriteOptions options;
  options.quality = kQuality;
  ECE465_ASSIGN(const auto writer, create_image(Format::jpeg, image, sink, options));
  ECE465_ASSIGN(const auto page, writer->begin_page(0, image.pages()[0]));
  ECE465_ASSIGN(const auto blocks, page->open_blocks());
  ECE465_TRY(blocks->write(0, picture));
  ECE465_TRY(page->finish());
  ECE465_TRY(writer->finish());
  return sink.bytes();
}

/// The blocks to read: all, or those with the centre of a cell.
struct BlockSelection {
  std::vector<bool> rows, columns;  // of blocks
  [[nodiscard]] std::uint64_t blocks() const {
    const auto selected = [](const std::vector<bool>& flags) {
      return static_cast<std::uint64_t>(std::ranges::count(flags, true));
    };
    return selected(rows) * selected(columns);
  }
};

std::vector<bool> blocks_with_centres(const Axis& axis, std::size_t blocks, std::uint32_t pixels_per_block) {
  std::vector<bool> selected(blocks);
  for (std::uint32_t cell = 0; cell < axis.cells(); ++cell) selected[axis.centre(cell) / pixels_per_block] = true;
  return selected;
}

struct Plan {
  Axis across, down;
  BlockSelection selection;
};

/// `select`: read only blocks with the centre of a cell.
Plan plan(const PageInfo& page, std::uint32_t max_side, std::uint32_t block_width, bool select) {
  const std::uint32_t longer = std::max(page.width, page.height);
  const auto cells = [&](std::uint32_t pixels) {
    if (longer <= max_side) return pixels;
    const auto rounded = (std::uint64_t{pixels} * max_side + longer / 2) / longer;
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, rounded));
  };
  Plan plan{Axis(page.width, cells(page.width)), Axis(page.height, cells(page.height)), {}};
  const std::size_t block_rows = page.block_count / page.blocks_across;
  if (select) {
    plan.selection.rows = blocks_with_centres(plan.down, block_rows, page.rows_per_block);
    plan.selection.columns = blocks_with_centres(plan.across, page.blocks_across, block_width);
  } else {
    plan.selection.rows.assign(block_rows, true);
    plan.selection.columns.assign(page.blocks_across, true);
  }
  return plan;
}

/// Memory for the picture, and for the sums of the cells that one row of blocks overlaps.
std::uint64_t canvas_bytes(const Plan& plan, const PageInfo& page, unsigned channels) {
  const std::uint64_t rows = std::min<std::uint64_t>(
      plan.down.cells(), std::uint64_t{page.rows_per_block} * plan.down.cells() / page.height + 2);
  const std::uint64_t sums = rows * (channels + 1) * sizeof(std::uint32_t);
  return plan.across.cells() * (sums + std::uint64_t{plan.down.cells()} * channels);
}

Result<void> check_memory(std::uint64_t bytes, const PreviewOptions& options) {
  if (bytes <= options.memory_bytes) return {};
  return fail(Errc::too_large, "a preview needs {} MiB of memory; the limit is {}", bytes >> 20U,
              options.memory_bytes >> 20U);
}

/// The width of a block with its padding. Tiles have it only in their stride.
Result<std::uint32_t> width_of_blocks(const ImageReader& reader, const PageInfo& page) {
  if (page.blocks_across == 1) return page.width;
  Block block;
  ECE465_ASSIGN(const auto blocks, reader.read_page(0));
  ECE465_TRY(blocks->read(0, block));
  return static_cast<std::uint32_t>(block.stride / page.layout.pixel_bytes());
}

}  // namespace

Result<std::vector<std::byte>> make_preview(const ByteSource& source, std::uint32_t max_side,
                                            const PreviewOptions& options) {
  ECE465_ASSIGN(const auto reader, open_image(source, {.interleaved = true, .limits = options.limits}));
  const PageInfo& page = reader->pages().front();
  const std::uint64_t decoder_bytes = page.decoder_bytes + page.thread_bytes + page.block_bytes;
  ECE465_TRY(check_memory(decoder_bytes, options));
  const std::uint64_t pixels = std::uint64_t{page.width} * page.height;
  const bool select = page.any_order && pixels > options.whole_pixels;
  if (!select && pixels > options.max_pixels) {
    return fail(Errc::too_large, "a preview needs to decode {} megapixels; the limit is {}", pixels >> 20U,
                options.max_pixels >> 20U);
  }
  ECE465_ASSIGN(const std::uint32_t block_width, width_of_blocks(*reader, page));
  Plan work = plan(page, max_side, block_width, select);
  const std::uint64_t block_pixels = std::uint64_t{block_width} * page.rows_per_block;
  for (; select && max_side > 1 && work.selection.blocks() * block_pixels > options.max_pixels; max_side /= 2) {
    work = plan(page, max_side / 2, block_width, select);
  }

  const PixelConverter converter(page);
  ECE465_TRY(check_memory(decoder_bytes + canvas_bytes(work, page, converter.channels()), options));
  Canvas canvas(work.across, work.down, converter, page.width);
  ECE465_ASSIGN(const auto blocks, reader->read_page(0));
  Block block;
  for (std::size_t row = 0; row < work.selection.rows.size(); ++row) {
    if (!work.selection.rows[row]) continue;
    const auto y = static_cast<std::uint32_t>(row * page.rows_per_block);
    canvas.finish_above(y);
    for (std::size_t column = 0; column < work.selection.columns.size(); ++column) {
      if (!work.selection.columns[column]) continue;
      ECE465_TRY(blocks->read(row * page.blocks_across + column, block));
      canvas.add(block, static_cast<std::uint32_t>(column * block_width), y);
    }
  }
  return encode(canvas.finish(), converter.channels(), *reader);
}

}  // namespace ece465::image
