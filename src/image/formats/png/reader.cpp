#include "reader.hpp"

#include <algorithm>
#include <mutex>

#include "bands.hpp"
#include "decoder.hpp"
#include "formats/formats.hpp"
#include "metadata.hpp"

namespace ece465::image::png {
namespace {

/// libpng's and zlib's own memory, besides two rows.
constexpr std::uint64_t kLibraryBytes = std::uint64_t{256} << 10;

/// What an encoder holds of the band at hand: as stored, filtered, and compressed in up to two ways.
constexpr std::uint64_t kEncoderBands = 5;

/// Where a block of a page lies.
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
    if (index != next_) return fail(Errc::internal, "PNG block {} asked for, {} is next", index, next_);
    ++next_;
    shape_block(page_, index, out);
    return decoder_->read_rows(out.pixels.data(), out.stride, out.height);
  }

 private:
  const PageInfo& page_;
  std::unique_ptr<Decoder> decoder_;
  std::size_t next_ = 0;
};

/// Blocks cut from an image that is in memory already.
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

class PngReader final : public Reader {
 public:
  PngReader(const ByteSource& source, Structure structure, const ReadOptions& options)
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
      // Rows of all passes must be there before the first block can leave; they stay for the second reading.
      page.decoder_bytes += page.total_bytes;
      page.encoder_bytes = page.total_bytes;  // and the first pass written takes pixels from everywhere
      page.any_order = true;
      page.cheap_to_reread = true;
    }
    pages_.push_back(std::move(page));
  }

  const std::vector<PageInfo>& pages() const override { return pages_; }
  const ByteSource& source() const override { return source_; }
  const Structure& structure() const override { return structure_; }
  bool is_interleaved() const override { return options_.interleaved; }

  Result<std::unique_ptr<BlockReader>> read_page(std::size_t) const override {
    if (structure_.header.interlaced) {
      ECE465_TRY(decode_interlaced());
      return std::make_unique<BlocksInMemory>(pages_[0], image_.span());
    }
    ECE465_ASSIGN(auto decoder, Decoder::open(source_, structure_));
    return std::make_unique<SequentialBlocks>(pages_[0], std::move(decoder));
  }

  Result<Metadata> metadata() const override { return png::metadata(source_, structure_, options_.limits); }
  std::vector<std::string> notes() const override;

 private:
  Result<void> decode_interlaced() const {
    const std::scoped_lock lock(mutex_);
    if (image_.size() != 0) return {};
    ECE465_ASSIGN(const auto decoder, Decoder::open(source_, structure_));
    Buffer image(pages_[0].total_bytes);
    ECE465_TRY(decoder->read_interlaced(image.data(), pages_[0].width * pages_[0].layout.pixel_bytes()));
    image_ = std::move(image);
    return {};
  }

  const ByteSource& source_;
  Structure structure_;
  ReadOptions options_;
  std::vector<PageInfo> pages_;
  mutable std::mutex mutex_;  // while image_ is made
  mutable Buffer image_;      // of an interlaced file, once it was read
};

std::vector<std::string> PngReader::notes() const {
  std::vector<std::string> notes = structure_.notes;
  const Header& header = structure_.header;
  if (structure_.find(name("acTL")) != nullptr) {
    notes.emplace_back("the animation was dropped: only the still image is equalized");
  }
  if (header.color_type == ColorType::gray && header.bit_depth < 8 && header.bit_depth > 1) {
    notes.push_back(
        fmt::format("{}-bit gray became 8-bit: equalized levels lie between the old ones", header.bit_depth));
  }
  if (header.color_type != ColorType::palette && !structure_.transparency.empty()) {
    notes.emplace_back("the transparent colour became an alpha channel, so that exactly its pixels stay transparent");
  }
  return notes;
}

}  // namespace

Result<std::unique_ptr<ImageReader>> open(const ByteSource& source, const ReadOptions& options) {
  ECE465_ASSIGN(auto structure, scan(source, options.limits));
  return std::make_unique<PngReader>(source, std::move(structure), options);
}

}  // namespace ece465::image::png
