#include "reader.hpp"

#include <algorithm>

#include "band_encoder.hpp"
#include "decoder.hpp"
#include "formats/formats.hpp"
#include "metadata.hpp"

namespace ece465::image::png {
namespace {

/// Memory of libpng and zlib, besides two rows.
constexpr std::uint64_t kLibraryBytes = std::uint64_t{256} << 10;

/// Copies of a band that an encoder holds: stored, filtered, compressed in two ways (of which one may be larger than
/// the band), and the finished part.
constexpr std::uint64_t kEncoderBands = 5;

/// Gives `out` the dimensions of a block.
void shape_block(const PageInfo& page, std::size_t index, Block& out) {
  const std::uint64_t first = std::uint64_t{page.rows_per_block} * index;
  out.width = page.width;
  out.height = static_cast<std::uint32_t>(std::min<std::uint64_t>(page.rows_per_block, page.height - first));
  out.stride = page.width * page.layout.pixel_bytes();
  out.pixels.resize(out.stride * out.height);
}

class SequentialBlocks final : public BlockReader {
 public:
  SequentialBlocks(const PageInfo& page, std::unique_ptr<Decoder> decoder)
      : page_(page), decoder_(std::move(decoder)) {}

  Result<void> read(std::size_t index, Block& out) override {
    if (index != next_) return fail(Errc::internal, "PNG block {} was requested, but {} is next", index, next_);
    ++next_;
    shape_block(page_, index, out);
    return decoder_->read_rows(out.pixels.data(), out.stride, out.height);
  }

 private:
  const PageInfo& page_;
  std::unique_ptr<Decoder> decoder_;
  std::size_t next_ = 0;
};

/// Blocks of an image that is in memory.
class BlocksInMemory final : public BlockReader {
 public:
  BlocksInMemory(const PageInfo& page, Bytes image) : page_(page), image_(image) {}

  Result<void> read(std::size_t index, Block& out) override {
    shape_block(page_, index, out);
    const Bytes rows = image_.subspan(index * page_.block_bytes, out.pixels.size());
    std::copy(rows.begin(), rows.end(), out.pixels.data());
    return {};
  }

 private:
  const PageInfo& page_;
  Bytes image_;
};

}  // namespace

Reader::Reader(const ByteSource& source, Structure structure, const ReadOptions& options)
    : source_(source), structure_(std::move(structure)), options_(options) {
  const Header& header = structure_.header;
  PageInfo page;
  page.width = header.width;
  page.height = header.height;
  page.layout = decoded_layout(structure_);
  if (header.color_type == ColorType::palette) page.palette = structure_.palette;
  const std::uint64_t row_bytes = header.width * page.layout.pixel_bytes();
  page.rows_per_block = rows_per_band(row_bytes, header.height);
  page.block_count = (header.height + page.rows_per_block - 1) / page.rows_per_block;
  page.block_bytes = row_bytes * page.rows_per_block;
  page.total_bytes = row_bytes * header.height;
  page.decoder_bytes = kLibraryBytes + 2 * row_bytes;
  page.thread_bytes = kEncoderBands * page.block_bytes;
  if (header.interlaced) {
    // All passes must be decoded before the first block is complete; the image is kept for reading it again.
    page.decoder_bytes += page.total_bytes;
    page.encoder_bytes = page.total_bytes;  // likewise, the first pass that is written has pixels from everywhere
    page.any_order = true;
    page.cheap_to_reread = true;
  }
  pages_.push_back(std::move(page));
}

Result<std::unique_ptr<BlockReader>> Reader::read_page(std::size_t) const {
  if (structure_.header.interlaced) {
    ECE465_TRY(decode_interlaced());
    return std::make_unique<BlocksInMemory>(pages_[0], image_.span());
  }
  ECE465_ASSIGN(auto decoder, Decoder::open(source_, structure_));
  return std::make_unique<SequentialBlocks>(pages_[0], std::move(decoder));
}

Result<Metadata> Reader::metadata() const { return png::metadata(source_, structure_, options_.limits); }

Result<void> Reader::decode_interlaced() const {
  const std::scoped_lock lock(mutex_);
  if (image_.size() != 0) return {};
  ECE465_ASSIGN(const auto decoder, Decoder::open(source_, structure_));
  Buffer image(pages_[0].total_bytes);
  ECE465_TRY(decoder->read_interlaced(image.data(), pages_[0].width * pages_[0].layout.pixel_bytes()));
  image_ = std::move(image);
  return {};
}

std::vector<std::string> Reader::notes() const {
  std::vector<std::string> notes = structure_.notes;
  const Header& header = structure_.header;
  if (structure_.find(name("acTL")) != nullptr) {
    notes.emplace_back("the animation was dropped: only the still image is equalized");
  }
  if (header.color_type == ColorType::gray && header.bit_depth < 8 && header.bit_depth > 1) {
    notes.push_back(
        fmt::format("{}-bit gray became 8-bit: equalized levels lie between the original ones", header.bit_depth));
  }
  if (header.color_type != ColorType::palette && !structure_.transparency.empty()) {
    notes.emplace_back("the transparent colour became an alpha channel, so that the same pixels stay transparent");
  }
  return notes;
}

Result<std::unique_ptr<ImageReader>> open(const ByteSource& source, const ReadOptions& options) {
  ECE465_ASSIGN(auto structure, scan(source, options.limits));
  return std::make_unique<Reader>(source, std::move(structure), options);
}

}  // namespace ece465::image::png
