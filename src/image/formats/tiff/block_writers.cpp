#include "block_writers.hpp"

#include <algorithm>
#include <functional>

#include "kernels/kernels.hpp"
#include "libtiff_codec.hpp"
#include "ordered_writer.hpp"
#include "rearrange.hpp"

namespace ece465::image::tiff {
namespace {

void from_native(const PageSpec& spec, MutableBytes raw) {
  if (spec.bits == 16 && spec.order != std::endian::native)
    kernels::current().swap_bytes(reinterpret_cast<std::uint16_t*>(raw.data()), raw.size() / 2);
  if (spec.reversed_bits) reverse_bits(raw);
}

/// Splits a block into its segments as they are stored before compression: planes and tiles separate, tiles padded,
/// chroma in data units.
class SegmentPacker {
 public:
  explicit SegmentPacker(const PageTarget& target) : target_(target) {}

  /// The `i`th segment of `block` in `plane`. The bytes belong to the block or the packer, are valid until the next
  /// call, and may be overwritten.
  [[nodiscard]] MutableBytes pack(const BlockPlan::Part& part, Block& block, std::size_t plane, std::size_t i);

 private:
  MutableBytes pack_data_units(const BlockPlan::Part& part, Block& block);

  const PageTarget& target_;
  Buffer scratch_;
};

MutableBytes SegmentPacker::pack(const BlockPlan::Part& part, Block& block, std::size_t plane, std::size_t i) {
  const PageSpec& spec = target_.spec;
  if (spec.ycbcr()) return pack_data_units(part, block);

  const std::uint32_t rows = spec.stored_rows(part.first + i);
  const std::size_t row_bytes = spec.stored_bytes(1);
  const std::size_t pixel_bytes = std::size_t{spec.samples} * spec.sample_bytes();
  const std::size_t first_row = spec.tiled ? 0 : i * spec.segment_height;
  const std::size_t left = spec.tiled ? i * spec.segment_width : 0;
  const std::size_t width = std::min<std::size_t>(spec.segment_width, part.width - left);
  const std::size_t height = std::min<std::size_t>(rows, part.height - first_row);
  std::byte* from = block.pixels.data() + first_row * block.stride + left * pixel_bytes;

  if (!spec.planar && block.stride == row_bytes && block.pixels.size() >= (first_row + rows) * row_bytes) {
    pad_edges(from, width, height, pixel_bytes, row_bytes, rows);
    return {from, rows * row_bytes};
  }
  scratch_.resize(rows * row_bytes);
  for (std::size_t y = 0; y < height; ++y, from += block.stride) {
    std::byte* to = scratch_.data() + y * row_bytes;
    if (spec.planar) {
      gather_plane(from + plane * spec.sample_bytes(), width, spec.sample_bytes(), spec.samples, to);
    } else {
      std::copy_n(from, width * pixel_bytes, to);
    }
  }
  pad_edges(scratch_.data(), width, height, spec.planar ? spec.sample_bytes() : pixel_bytes, row_bytes, rows);
  return scratch_.span();
}

MutableBytes SegmentPacker::pack_data_units(const BlockPlan::Part& part, Block& block) {
  const DataUnitShape shape = data_unit_shape(target_.spec, target_.spec.stored_rows(part.first));
  scratch_.resize(shape.bytes());
  std::byte* pixels = block.pixels.data();
  if (target_.plan.chroma == Chroma::rgb) {
    pad_edges(pixels, block.width, block.height, 3, 3 * shape.stride(), shape.rows());
    rgb_to_data_units(shape, target_.coding, pixels, scratch_.data());
  } else {
    pad_edges(pixels, block.width, block.height, 1, shape.stride(), shape.rows());
    join_data_units(shape, pixels, pixels + shape.luma_bytes(), scratch_.data());
  }
  return scratch_.span();
}

/// All segments in order, plane after plane, without gaps.
class RawOutput final : public PageOutput {
 public:
  explicit RawOutput(const PageTarget& target) : target_(target) {}

  bool waits_for_lower() const override { return false; }
  Result<std::unique_ptr<BlockWriter>> open_blocks() override {
    if (target_.plan.bands) return std::make_unique<Bands>(*this);
    return std::make_unique<Segments>(*this);
  }
  SegmentTable::Extent at(std::size_t segment) const override {
    const PageSpec& spec = target_.spec;
    const std::size_t inside = segment % spec.segments_per_plane();
    return {.offset = target_.start + segment / spec.segments_per_plane() * plane_bytes() +
                      std::uint64_t{inside} * spec.segment_bytes(),
            .bytes = spec.stored_bytes(spec.stored_rows(inside))};
  }
  std::uint64_t end() const override { return target_.start + target_.spec.planes() * plane_bytes(); }

 private:
  [[nodiscard]] std::uint64_t plane_bytes() const {
    const PageSpec& spec = target_.spec;
    const std::size_t last = spec.segments_per_plane() - 1;
    return std::uint64_t{last} * spec.segment_bytes() + spec.stored_bytes(spec.stored_rows(last));
  }

  /// Rows, independent of strips.
  class Bands final : public BlockWriter {
   public:
    explicit Bands(const RawOutput& output) : output_(output) {}
    Result<void> write(std::size_t index, Block& block) override {
      const PageTarget& target = output_.target_;
      const PageSpec& spec = target.spec;
      const auto part = target.plan.part(index, spec);
      const std::size_t row_bytes = spec.stored_bytes(1);
      const std::uint64_t offset = target.start + std::uint64_t{part.top} * row_bytes;
      if (!spec.planar) {
        const MutableBytes pixels = block.pixels.span().first(row_bytes * part.height);
        from_native(spec, pixels);
        return target.file.write_at(offset, pixels);
      }
      plane_.resize(row_bytes * part.height);
      for (std::size_t plane = 0; plane < spec.samples; ++plane) {
        gather_plane(block.pixels.data() + plane * spec.sample_bytes(), std::size_t{part.width} * part.height,
                     spec.sample_bytes(), spec.samples, plane_.data());
        from_native(spec, plane_.span());
        ECE465_TRY(target.file.write_at(offset + plane * output_.plane_bytes(), plane_.span()));
      }
      return {};
    }

   private:
    const RawOutput& output_;
    Buffer plane_;
  };

  /// Tiles and data units.
  class Segments final : public BlockWriter {
   public:
    explicit Segments(const RawOutput& output) : output_(output), packer_(output.target_) {}
    Result<void> write(std::size_t index, Block& block) override {
      const PageSpec& spec = output_.target_.spec;
      const auto part = output_.target_.plan.part(index, spec);
      for (std::size_t plane = 0; plane < spec.planes(); ++plane) {
        const std::size_t first = plane * spec.segments_per_plane() + part.first;
        if (part.count == 1) {
          const MutableBytes bytes = packer_.pack(part, block, plane, 0);
          from_native(spec, bytes);
          ECE465_TRY(output_.target_.file.write_at(output_.at(first).offset, bytes));
          continue;
        }
        adjacent_.clear();
        for (std::size_t i = 0; i < part.count; ++i) {
          const MutableBytes bytes = packer_.pack(part, block, plane, i);
          from_native(spec, bytes);
          adjacent_.insert(adjacent_.end(), bytes.begin(), bytes.end());
        }
        ECE465_TRY(output_.target_.file.write_at(output_.at(first).offset, adjacent_));
      }
      return {};
    }

   private:
    const RawOutput& output_;
    SegmentPacker packer_;
    std::vector<std::byte> adjacent_;
  };

  PageTarget target_;
};

class CompressedOutput final : public PageOutput {
 public:
  using MakeEncoder = std::function<Result<std::unique_ptr<BlockEncoder>>()>;

  CompressedOutput(const PageTarget& target, MakeEncoder make_encoder)
      : target_(target),
        make_encoder_(std::move(make_encoder)),
        writer_(target.file, target.start),
        extents_(target.spec.segments()) {}

  bool waits_for_lower() const override { return true; }
  Result<std::unique_ptr<BlockWriter>> open_blocks() override {
    ECE465_ASSIGN(auto encoder, make_encoder_());
    return std::make_unique<Writer>(*this, std::move(encoder));
  }
  void abandon() override { writer_.abandon(); }

  Result<void> finish() override {
    if (writer_.written() != target_.plan.block_count) {
      return fail(Errc::internal, "{} of {} blocks were written", writer_.written(), target_.plan.block_count);
    }
    for (std::size_t index = 0; index < target_.plan.block_count; ++index) {
      std::uint64_t offset = writer_.offset(index);
      for_each_segment(index, [&](std::size_t segment) {
        extents_[segment].offset = offset;
        offset += extents_[segment].bytes;
      });
    }
    return {};
  }
  SegmentTable::Extent at(std::size_t segment) const override { return extents_[segment]; }
  std::uint64_t end() const override { return writer_.end(); }

 private:
  /// Calls `f` for the segments of a block in the order in which they are written.
  template <class F>
  void for_each_segment(std::size_t index, F&& f) const {
    const auto part = target_.plan.part(index, target_.spec);
    for (std::size_t plane = 0; plane < target_.spec.planes(); ++plane) {
      for (std::size_t i = 0; i < part.count; ++i) f(plane * target_.spec.segments_per_plane() + part.first + i);
    }
  }

  class Writer final : public BlockWriter {
   public:
    Writer(CompressedOutput& output, std::unique_ptr<BlockEncoder> encoder)
        : output_(output), encoder_(std::move(encoder)) {}
    Result<void> write(std::size_t index, Block& block) override {
      sizes_.clear();
      ECE465_TRY(encoder_->encode(output_.target_.plan.part(index, output_.target_.spec), block, bytes_, sizes_));
      auto size = sizes_.begin();
      // Threads set different elements, which are read after the last block.
      output_.for_each_segment(index, [&](std::size_t segment) { output_.extents_[segment].bytes = *size++; });
      return output_.writer_.write(index, bytes_);
    }

   private:
    CompressedOutput& output_;
    std::unique_ptr<BlockEncoder> encoder_;
    std::vector<std::byte> bytes_;
    std::vector<std::uint64_t> sizes_;
  };

  PageTarget target_;
  MakeEncoder make_encoder_;
  OrderedWriter writer_;
  std::vector<SegmentTable::Extent> extents_;
};

class LibtiffBlockEncoder final : public BlockEncoder {
 public:
  LibtiffBlockEncoder(const PageTarget& target, std::unique_ptr<SegmentEncoder> encoder)
      : target_(target), packer_(target_), encoder_(std::move(encoder)) {}

  Result<void> encode(const BlockPlan::Part& part, Block& block, std::vector<std::byte>& bytes,
                      std::vector<std::uint64_t>& sizes) override {
    for (std::size_t plane = 0; plane < target_.spec.planes(); ++plane) {
      for (std::size_t i = 0; i < part.count; ++i) {
        const std::size_t before = bytes.size();
        ECE465_TRY(encoder_->encode(packer_.pack(part, block, plane, i), bytes));
        sizes.push_back(bytes.size() - before);
      }
    }
    return {};
  }

 private:
  PageTarget target_;
  SegmentPacker packer_;
  std::unique_ptr<SegmentEncoder> encoder_;
};

}  // namespace

std::unique_ptr<PageOutput> make_raw_output(const PageTarget& target) { return std::make_unique<RawOutput>(target); }

std::unique_ptr<PageOutput> make_compressed_output(const PageTarget& target) {
  return make_compressed_output(target, [target]() -> Result<std::unique_ptr<BlockEncoder>> {
    ECE465_ASSIGN(auto encoder, make_encoder(target.spec));
    return std::make_unique<LibtiffBlockEncoder>(target, std::move(encoder));
  });
}

std::unique_ptr<PageOutput> make_compressed_output(
    const PageTarget& target, std::function<Result<std::unique_ptr<BlockEncoder>>()> make_encoder) {
  return std::make_unique<CompressedOutput>(target, std::move(make_encoder));
}

}  // namespace ece465::image::tiff
