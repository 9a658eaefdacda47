#include "reader.hpp"

#include <algorithm>
#include <array>

#include "formats/formats.hpp"
#include "formats/icc.hpp"
#include "metadata.hpp"

namespace ece465::image::jpeg {
namespace {

/// Large enough to make the cost per block negligible, small enough to stay in the L2 cache between decoding and
/// counting, and between mapping and encoding.
constexpr std::size_t kBandBytes = std::size_t{256} << 10;

}  // namespace

/// One pass over the image.
class Reader::Pass final : public BlockReader {
 public:
  explicit Pass(const Reader& reader) : reader_(reader), decoder_(reader.options_.limits, &reader.notes_) {}

  Result<void> read(std::size_t index, Block& out) override {
    const PageInfo& page = reader_.pages_[0];
    if (index != next_ || index >= page.block_count) {
      return fail(Errc::internal, "block {} of a JPEG was requested instead of {}", index, next_);
    }
    if (index == 0) ECE465_TRY(start());
    const auto first_row = static_cast<std::uint32_t>(index) * page.rows_per_block;
    const std::uint32_t rows = std::min(page.rows_per_block, page.height - first_row);
    if (is_planar(reader_.output_mode_)) {
      const auto first_imcu_row = static_cast<std::uint32_t>(index) * reader_.imcu_rows_per_block_;
      const std::uint32_t imcu_rows = std::min(reader_.imcu_rows_per_block_, imcu_rows_ - first_imcu_row);
      ECE465_TRY(decoder_.read_band(imcu_rows, rows, out));
    } else {
      ECE465_TRY(decoder_.read_rows(rows, out));
    }
    ++next_;
    if (next_ == page.block_count) ECE465_TRY(finish());
    return {};
  }

 private:
  Result<void> start() {
    ECE465_TRY(decoder_.read_header(reader_.source_));
    ECE465_ASSIGN(Frame frame, decoder_.start(reader_.output_mode_));
    imcu_rows_ = frame.imcu_rows();
    const std::lock_guard lock(reader_.mutex_);
    reader_.frame_ = std::move(frame);
    return {};
  }

  Result<void> finish() {
    ECE465_ASSIGN(const std::uint64_t end, decoder_.finish());
    ECE465_TRY(note_trailer(end));
    const std::lock_guard lock(reader_.mutex_);
    reader_.late_segments_ = decoder_.late_segments();
    return {};
  }

  /// Phones append videos and further pictures; cameras append zeros, which need no note.
  Result<void> note_trailer(std::uint64_t end) const {
    std::array<std::byte, 1024> start{};
    ECE465_ASSIGN(const std::size_t count, reader_.source_.read_at(end, start));
    const bool has_content = std::any_of(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(count),
                                         [](std::byte b) { return b != std::byte{0}; });
    if (has_content && !reader_.has_multi_picture_) {
      reader_.notes_.add(fmt::format("{} bytes after the end of the image were dropped", reader_.source_.size() - end));
    }
    return {};
  }

  const Reader& reader_;
  Decoder decoder_;
  std::uint32_t imcu_rows_ = 0;
  std::size_t next_ = 0;
};

Result<std::unique_ptr<Reader>> Reader::open(const ByteSource& source, const ReadOptions& options) {
  std::unique_ptr<Reader> reader(new Reader(source, options));
  ECE465_TRY(reader->read_header());
  reader->choose_output_mode();
  ECE465_TRY(reader->choose_segments());
  reader->describe_page();
  return reader;
}

Result<void> Reader::read_header() {
  ECE465_ASSIGN(segments_, find_segments(source_, options_.limits));
  Decoder decoder(options_.limits, &notes_);
  ECE465_ASSIGN(frame_, decoder.read_header(source_));
  return {};
}

void Reader::choose_output_mode() {
  const Channels channels = options_.channels;
  switch (frame_.color) {
    case ColorModel::gray: output_mode_ = OutputMode::planes; break;
    case ColorModel::rgb: output_mode_ = OutputMode::rgb_rows; break;
    case ColorModel::ycbcr:
      if (channels == Channels::gray) {
        output_mode_ = frame_.full_size_luma() ? OutputMode::luma : OutputMode::gray_rows;
      } else {
        output_mode_ = channels == Channels::each || options_.interleaved ? OutputMode::rgb_rows : OutputMode::planes;
      }
      break;
  }
}

Result<void> Reader::choose_segments() {
  const bool to_gray = options_.channels == Channels::gray && frame_.color != ColorModel::gray;
  bool drop_icc = false;
  for (const MarkerSegment& segment : segments_) {
    if (segment.kind == SegmentKind::multi_picture) has_multi_picture_ = true;
    if (segment.kind != SegmentKind::icc || !to_gray || drop_icc) continue;
    ECE465_ASSIGN(const auto content, read_segment(source_, segment));
    constexpr std::size_t kPartNumbers = 2;  // sequence number and count
    const std::size_t prefix = signature(SegmentKind::icc).size() + kPartNumbers;
    drop_icc = content.size() > prefix && icc_color_space(Bytes(content).subspan(prefix)) == "RGB ";
  }
  if (has_multi_picture_) notes_.add("further pictures after the first one were dropped");
  if (drop_icc) notes_.add("the colour profile was dropped: it is for RGB and the result is gray");
  std::erase_if(segments_, [&](const MarkerSegment& segment) {
    switch (segment.kind) {
      case SegmentKind::multi_picture: return true;  // it refers to pictures that are dropped
      case SegmentKind::icc: return drop_icc;
      case SegmentKind::adobe: return to_gray;  // it defines the meaning of three components
      default: return false;
    }
  });
  return {};
}

void Reader::describe_page() {
  PageInfo page;
  const std::size_t band_bytes = options_.block_bytes > 0 ? options_.block_bytes : kBandBytes;
  const bool bands = is_planar(output_mode_);
  const std::size_t components = output_mode_ == OutputMode::planes ? frame_.components.size() : 1;
  page.layout.colors = output_mode_ == OutputMode::rgb_rows ? 3 : 1;
  if (bands) {
    const PlaneSize plane = frame_.plane(0);
    page.width = plane.width;
    page.height = plane.height;
    const std::size_t bytes = make_band(frame_, components, 1).bytes;
    imcu_rows_per_block_ =
        static_cast<std::uint32_t>(std::clamp<std::size_t>(band_bytes / bytes, 1, frame_.imcu_rows()));
    page.rows_per_block = imcu_rows_per_block_ * kDctSize * static_cast<std::uint32_t>(frame_.components[0].v);
    page.block_bytes = make_band(frame_, components, imcu_rows_per_block_).bytes;
    page.total_bytes = make_band(frame_, components, frame_.imcu_rows()).bytes;
  } else {
    page.width = frame_.width;
    page.height = frame_.height;
    const std::size_t stride = page.width * page.layout.pixel_bytes();
    const std::size_t unit = kDctSize * static_cast<std::size_t>(frame_.max_v());
    const std::size_t rows = std::max<std::size_t>(1, band_bytes / (stride * unit)) * unit;
    page.rows_per_block = static_cast<std::uint32_t>(std::min<std::size_t>(rows, page.height));
    page.block_bytes = stride * page.rows_per_block;
    page.total_bytes = std::uint64_t{stride} * page.height;
  }
  page.block_count = (page.height + page.rows_per_block - 1) / page.rows_per_block;
  page.auxiliary_samples = static_cast<unsigned>(frame_.components.size()) - page.layout.colors;
  if (frame_.multi_scan) page.decoder_bytes = frame_.coefficient_bytes();
  const bool to_gray = options_.channels == Channels::gray;
  const Frame result = to_gray ? gray_frame(frame_) : frame_;
  if (result.progressive || !result.interleaves()) page.encoder_bytes = result.coefficient_bytes();
  pages_.push_back(page);
}

Result<std::unique_ptr<BlockReader>> Reader::read_page(std::size_t) const { return std::make_unique<Pass>(*this); }

Result<Metadata> Reader::metadata() const { return read_metadata(source_, segments_); }

Frame Reader::frame() const {
  const std::lock_guard lock(mutex_);
  return frame_;
}

std::vector<MarkerSegment> Reader::late_segments() const {
  const std::lock_guard lock(mutex_);
  return late_segments_;
}

Result<std::unique_ptr<ImageReader>> open(const ByteSource& source, const ReadOptions& options) {
  return Reader::open(source, options);
}

}  // namespace ece465::image::jpeg
