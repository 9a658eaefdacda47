#include "jpeg_blocks.hpp"

#include "formats/jpeg/stream_codec.hpp"
#include "rearrange.hpp"

namespace ece465::image::tiff {
namespace {

using jpeg::ColorModel;
using jpeg::OutputMode;
using jpeg::StreamCodec;

/// The content of a page's streams. TIFF's tags define it; the streams' own markers may be missing.
ColorModel color_model(const PageSpec& spec) {
  if (spec.planar || spec.samples == 1) return ColorModel::gray;
  return spec.ycbcr() ? ColorModel::ycbcr : ColorModel::rgb;
}

/// The form of blocks from the decoder and, unless they became gray, to the encoder.
OutputMode output_mode(const PageSpec& spec, Chroma chroma) {
  switch (color_model(spec)) {
    case ColorModel::gray: return OutputMode::gray_rows;
    case ColorModel::rgb: return OutputMode::rgb_rows;
    case ColorModel::ycbcr: break;
  }
  return chroma == Chroma::appended  ? OutputMode::planes
         : chroma == Chroma::dropped ? OutputMode::luma
                                     : OutputMode::rgb_rows;
}

Result<std::shared_ptr<const StreamCodec>> make_codec(const PageSpec& spec, ColorModel color, OutputMode output,
                                                      const Directory& directory, const ValueReader& values,
                                                      const Limits& limits) {
  std::vector<std::byte> tables;
  if (const Entry* entry = directory.find(tag::kJpegTables)) {
    constexpr std::uint64_t kMaxTables = 65'536;  // all of the tables that JPEG allows need 3 KiB
    ECE465_ASSIGN(tables, values.bytes(*entry, kMaxTables));
  }
  return StreamCodec::create(tables, {.color = color,
                                      .output = output,
                                      .max_width = spec.segment_width,
                                      .max_height = spec.segment_height,
                                      .limits = limits});
}

class JpegReader final : public BlockReader {
 public:
  JpegReader(PageSource page, std::shared_ptr<const StreamCodec> codec)
      : page_(std::move(page)), codec_(std::move(codec)) {}

  Result<void> read(std::size_t index, Block& out) override {
    const PageSpec& spec = page_.spec;
    const auto part = page_.plan.part(index, spec);
    if (!spec.planar) {
      ECE465_TRY(decode(part.first, part, out));
    } else {
      out.stride = std::size_t{spec.segment_width} * spec.samples;
      out.pixels.resize(out.stride * part.height);
      for (std::size_t plane = 0; plane < spec.samples; ++plane) {
        ECE465_TRY(decode(plane * spec.segments_per_plane() + part.first, part, plane_));
        for (std::uint32_t y = 0; y < part.height; ++y) {
          scatter_plane(plane_.pixels.data() + y * plane_.stride, part.width, 1, spec.samples,
                        out.pixels.data() + y * out.stride + plane);
        }
      }
    }
    // Samples outside of the page are neither counted nor mapped.
    out.width = part.width;
    out.height = part.height;
    return {};
  }

 private:
  Result<void> decode(std::size_t segment, const BlockPlan::Part& part, Block& out) {
    const PageSpec& spec = page_.spec;
    ECE465_TRY(read_encoded(page_, segment, encoded_));
    if (auto decoded = codec_->decode(encoded_.span(), out); !decoded) {
      return within(spec.segment_name(segment), std::move(decoded).error());
    }
    if (out.width != spec.segment_width || out.height < part.height) {
      return fail(Errc::corrupt, "{} has {} x {} pixels instead of {} x {}", spec.segment_name(segment), out.width,
                  out.height, spec.segment_width, part.height);
    }
    return {};
  }

  PageSource page_;
  std::shared_ptr<const StreamCodec> codec_;
  Buffer encoded_;
  Block plane_;
};

class JpegEncoder final : public BlockEncoder {
 public:
  JpegEncoder(const PageTarget& target, PageSource original, std::shared_ptr<const StreamCodec> inspector,
              std::shared_ptr<const StreamCodec> codec)
      : target_(target), original_(std::move(original)), inspector_(std::move(inspector)), codec_(std::move(codec)) {}

  Result<void> encode(const BlockPlan::Part& part, Block& block, std::vector<std::byte>& bytes,
                      std::vector<std::uint64_t>& sizes) override {
    const PageSpec& spec = target_.spec;
    for (std::size_t plane = 0; plane < spec.planes(); ++plane) {
      // A page that became gray has one plane, and the original one or more: any of them serves as the model.
      const std::size_t segment = plane * spec.segments_per_plane() + part.first;
      ECE465_TRY(read_encoded(original_, segment, encoded_));
      ECE465_ASSIGN(jpeg::Frame frame, inspector_->inspect(encoded_.span()));
      if (spec.samples == 1 && frame.components.size() > 1) frame = jpeg::gray_frame(frame);
      // Blocks of stored planes have the codec's layout already. Converted pixels and separate planes are copied to
      // rows of the stream's width first.
      const bool is_shaped = target_.plan.chroma == Chroma::appended ||
                             (!spec.planar && block.stride >= std::size_t{frame.width} * spec.samples);
      if (!is_shaped) shape(block, plane, frame);
      ECE465_TRY(codec_->encode(is_shaped ? block : shaped_, frame, stream_));
      bytes.insert(bytes.end(), stream_.begin(), stream_.end());
      sizes.push_back(stream_.size());
    }
    return {};
  }

 private:
  /// Copies the block's pixels, or one plane of them, into rows as wide as the stream's.
  void shape(const Block& block, std::size_t plane, const jpeg::Frame& frame) {
    const std::size_t samples = target_.spec.samples, kept = target_.spec.planar ? 1 : samples;
    shaped_.width = block.width;
    shaped_.height = block.height;
    shaped_.stride = frame.width * kept;
    shaped_.pixels.resize(shaped_.stride * frame.height);
    for (std::uint32_t y = 0; y < block.height; ++y) {
      const std::byte* from = block.pixels.data() + y * block.stride;
      std::byte* to = shaped_.pixels.data() + y * shaped_.stride;
      if (target_.spec.planar) {
        gather_plane(from + plane, block.width, 1, samples, to);
      } else {
        std::copy_n(from, block.width * kept, to);
      }
    }
  }

  PageTarget target_;
  PageSource original_;
  std::shared_ptr<const StreamCodec> inspector_, codec_;
  Buffer encoded_;
  Block shaped_;
  std::vector<std::byte> stream_;
};

}  // namespace

Result<std::unique_ptr<BlockReader>> make_jpeg_reader(PageSource page, const Directory& directory,
                                                      const ValueReader& values, const Limits& limits) {
  ECE465_ASSIGN(auto codec, make_codec(page.spec, color_model(page.spec), output_mode(page.spec, page.plan.chroma),
                                       directory, values, limits));
  return std::make_unique<JpegReader>(std::move(page), std::move(codec));
}

Result<std::unique_ptr<PageOutput>> make_jpeg_output(const PageTarget& target, PageSource original,
                                                     const Directory& directory, const ValueReader& values,
                                                     const Limits& limits) {
  const ColorModel before = color_model(original.spec), after = color_model(target.spec);
  const OutputMode decoded = output_mode(original.spec, original.plan.chroma);
  // Luma that was decoded as a plane is encoded as one. Pixels that became gray are encoded as rows.
  const OutputMode encoded = before == after || decoded == OutputMode::luma ? decoded : OutputMode::gray_rows;
  ECE465_ASSIGN(auto inspector, make_codec(original.spec, before, decoded, directory, values, limits));
  ECE465_ASSIGN(auto codec, make_codec(target.spec, after, encoded, directory, values, limits));
  return make_compressed_output(target, [=]() -> Result<std::unique_ptr<BlockEncoder>> {
    return std::make_unique<JpegEncoder>(target, original, inspector, codec);
  });
}

}  // namespace ece465::image::tiff
