#include <algorithm>
#include <optional>

#include "encoder.hpp"
#include "formats/formats.hpp"
#include "formats/icc.hpp"
#include "metadata.hpp"
#include "reader.hpp"

namespace ece465::image::jpeg {
namespace {

/// For images of other formats; ImageMagick's default.
constexpr int kDefaultQuality = 92;
/// From this quality on, chroma is not subsampled, as in libvips and ImageMagick.
constexpr int kFullColorQuality = 90;
/// Optimizing Huffman tables needs all coefficients in memory: at most a quarter of the budget (see WriteOptions).
constexpr std::uint64_t kOptimizeShare = 4;

Frame new_frame(const PageInfo& page, int quality) {
  Frame frame;
  frame.width = page.width;
  frame.height = page.height;
  frame.color = page.layout.colors == 3 ? ColorModel::ycbcr : ColorModel::gray;
  const int luma_factor = quality >= kFullColorQuality ? 1 : 2;
  for (int i = 0; i < page.layout.colors; ++i) {
    Component component;
    component.id = i + 1;
    if (i == 0 && page.layout.colors == 3) component.h = component.v = luma_factor;
    frame.components.push_back(component);
  }
  return frame;
}

class Writer final : public ImageWriter {
 public:
  Writer(const ImageReader& reader, ByteSink& sink, const WriteOptions& options)
      : reader_(reader), sink_(sink), options_(options), encoder_(sink) {
    // Pixels that were read for another format no longer have the file's layout.
    const auto* const same = dynamic_cast<const Reader*>(&reader);
    if (same != nullptr && !same->interleaved()) original_ = same;
  }

  Result<std::unique_ptr<PageWriter>> begin_page(std::size_t index, const PageInfo& info) override;
  Result<void> finish() override { return {}; }
  std::vector<std::string> notes() const override { return notes_; }

 private:
  class Page;
  class Blocks;

  Result<void> start();
  Result<void> start_from_jpeg();
  Result<void> start_new();
  Result<void> write(Block& block);
  Result<void> finish_page();
  Result<void> append(const std::vector<MarkerSegment>& segments, std::uint64_t end);

  const ImageReader& reader_;
  const Reader* original_ = nullptr;
  ByteSink& sink_;
  WriteOptions options_;
  Encoder encoder_;
  PageInfo page_;
  Frame frame_;
  bool planes_ = false;
  bool started_ = false;
  std::vector<std::string> notes_;
};

class Writer::Blocks final : public BlockWriter {
 public:
  explicit Blocks(Writer& writer) : writer_(writer) {}
  Result<void> write(std::size_t index, Block& block) override {
    if (index != next_) return fail(Errc::internal, "block {} of a JPEG was written instead of {}", index, next_);
    ++next_;
    return writer_.write(block);
  }

 private:
  Writer& writer_;
  std::size_t next_ = 0;
};

class Writer::Page final : public PageWriter {
 public:
  explicit Page(Writer& writer) : writer_(writer) {}
  bool any_order() const override { return false; }
  Result<std::unique_ptr<BlockWriter>> open_blocks() override { return std::make_unique<Blocks>(writer_); }
  Result<void> finish() override { return writer_.finish_page(); }

 private:
  Writer& writer_;
};

Result<std::unique_ptr<PageWriter>> Writer::begin_page(std::size_t index, const PageInfo& info) {
  if (index != 0) return fail(Errc::unsupported, "JPEG supports only one page");
  if (info.layout.bits != 8 || info.layout.extras != 0 || info.palette) {
    return fail(Errc::internal, "JPEG does not support this pixel layout");
  }
  page_ = info;
  return std::make_unique<Page>(*this);
}

/// Called with the first block: by then the reader knows all tables of a file in several scans.
Result<void> Writer::start() {
  started_ = true;
  return original_ != nullptr ? start_from_jpeg() : start_new();
}

Result<void> Writer::start_from_jpeg() {
  const OutputMode output_mode = original_->output_mode();
  planes_ = is_planar(output_mode);
  const Frame input = original_->frame();
  const bool to_gray = page_.layout.colors == 1 && (!planes_ || output_mode == OutputMode::luma);
  frame_ = to_gray ? gray_frame(input) : input;
  ECE465_TRY(check_quant_tables(frame_));
  const bool optimize = !frame_.standard_huffman && !frame_.arithmetic &&
                        frame_.coefficient_bytes() <= options_.memory_bytes / kOptimizeShare;
  ECE465_TRY(encoder_.start({.frame = frame_,
                             .quality = options_.quality,
                             .planes = planes_,
                             .optimize_huffman = optimize,
                             .jfif = {},
                             .shared = nullptr}));
  for (const MarkerSegment& segment : original_->segments()) {
    ECE465_ASSIGN(const auto content, read_segment(original_->source(), segment));
    ECE465_TRY(encoder_.write_segment(segment.marker, content));
  }
  return {};
}

Result<void> Writer::start_new() {
  const int quality = options_.quality > 0 ? options_.quality : kDefaultQuality;
  frame_ = new_frame(page_, quality);
  ECE465_ASSIGN(Metadata metadata, reader_.metadata());
  if (page_.layout.colors == 1 && icc_color_space(metadata.icc) == "RGB ") {
    notes_.emplace_back("the colour profile was dropped: it is for RGB and the result is gray");
    metadata.icc.clear();
  }
  ECE465_TRY(encoder_.start({.frame = frame_,
                             .quality = quality,
                             .planes = false,
                             .optimize_huffman = false,
                             .jfif = density_of(metadata),
                             .shared = nullptr}));
  return write_metadata(encoder_, metadata, notes_);
}

Result<void> Writer::write(Block& block) {
  if (!started_) ECE465_TRY(start());
  if (!planes_) return encoder_.write_rows(block, block.height);
  const std::uint32_t rows_per_imcu = kDctSize * static_cast<std::uint32_t>(frame_.components[0].v);
  return encoder_.write_band(block, (block.height + rows_per_imcu - 1) / rows_per_imcu);
}

Result<void> Writer::finish_page() {
  ECE465_ASSIGN(const std::uint64_t end, encoder_.finish());
  if (original_ == nullptr) return {};
  const auto late = original_->late_segments();
  return late.empty() ? Result<void>{} : append(late, end);
}

/// Writes segments from within or after the image data before the end-of-image marker.
Result<void> Writer::append(const std::vector<MarkerSegment>& segments, std::uint64_t end) {
  constexpr std::size_t kMarkerBytes = 2;
  std::uint64_t at = end - kMarkerBytes;
  std::vector<std::byte> bytes;
  for (const MarkerSegment& segment : segments) {
    ECE465_ASSIGN(const auto content, read_segment(original_->source(), segment));
    bytes = {std::byte{0xFF}, static_cast<std::byte>(segment.marker), std::byte{0}, std::byte{0}};
    store<std::uint16_t>(bytes.data() + kMarkerBytes, static_cast<std::uint16_t>(content.size() + 2), std::endian::big);
    bytes.insert(bytes.end(), content.begin(), content.end());
    ECE465_TRY(sink_.write_at(at, bytes));
    at += bytes.size();
  }
  bytes = {std::byte{0xFF}, std::byte{JPEG_EOI}};
  return sink_.write_at(at, bytes);
}

}  // namespace

Result<std::unique_ptr<ImageWriter>> create(const ImageReader& reader, ByteSink& sink, const WriteOptions& options) {
  return std::make_unique<Writer>(reader, sink, options);
}

}  // namespace ece465::image::jpeg
