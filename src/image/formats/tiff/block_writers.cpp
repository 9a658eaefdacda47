#include "block_writers.hpp"

#include <algorithm>
#include <functional>

#include "kernels/kernels.hpp"
#include "libtiff_codec.hpp"
#include "rearrange.hpp"
#include "segment_shaper.hpp"

namespace ece465::image::tiff {
namespace {

void from_native(const PageSpec& spec, MutableBytes raw) {
  if (spec.bits == 16 && spec.order != std::endian::native)
    kernels::current().swap_bytes(reinterpret_cast<std::uint16_t*>(raw.data()), raw.size() / 2);
  if (spec.reversed_bits) reverse_bits(raw);
}

/// Segments one after the other, plane after plane, with nothing in between.
class RawOutput final : public PageOutput {
 public:
  explicit RawOutput(const PageTarget& target) : target_(target) {}

  bool waits_for_lower() const override { return false; }
  Result<std::unique_ptr<BlockWriter>> open_blocks() override {
    if (target_.plan.bands) return std::make_unique<Bands>(*this);
    return std::make_unique<Segments>(*this);
  }
  SegmentTable::Place at(std::size_t segment) const override {
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

  /// Rows, whatever the strips.
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

  /// Tiles and clumps.
  class Segments final : public BlockWriter {
   public:
    explicit Segments(const RawOutput& output) : output_(output), shaper_(output.target_) {}
    Result<void> write(std::size_t index, Block& block) override {
      const PageSpec& spec = output_.target_.spec;
      const auto part = output_.target_.plan.part(index, spec);
      for (std::size_t plane = 0; plane < spec.planes(); ++plane) {
        const std::size_t first = plane * spec.segments_per_plane() + part.first;
        if (part.count == 1) {
          const MutableBytes bytes = shaper_.shape(part, block, plane, 0);
          from_native(spec, bytes);
          ECE465_TRY(output_.target_.file.write_at(output_.at(first).offset, bytes));
          continue;
        }
        together_.clear();
        for (std::size_t i = 0; i < part.count; ++i) {
          const MutableBytes bytes = shaper_.shape(part, block, plane, i);
          from_native(spec, bytes);
          together_.insert(together_.end(), bytes.begin(), bytes.end());
        }
        ECE465_TRY(output_.target_.file.write_at(output_.at(first).offset, together_));
      }
      return {};
    }

   private:
    const RawOutput& output_;
    SegmentShaper shaper_;
    std::vector<std::byte> together_;
  };

  PageTarget target_;
};

class CodedOutput final : public PageOutput {
 public:
  using MakeEncoder = std::function<Result<std::unique_ptr<BlockEncoder>>()>;

  CodedOutput(const PageTarget& target, MakeEncoder make_encoder)
      : target_(target),
        make_encoder_(std::move(make_encoder)),
        placer_(target.file, target.start),
        places_(target.spec.segments()) {}

  bool waits_for_lower() const override { return true; }
  Result<std::unique_ptr<BlockWriter>> open_blocks() override {
    ECE465_ASSIGN(auto encoder, make_encoder_());
    return std::make_unique<Writer>(*this, std::move(encoder));
  }
  void abandon() override { placer_.abandon(); }

  Result<void> finish() override {
    if (placer_.placed() != target_.plan.block_count) {
      return fail(Errc::internal, "{} of {} blocks were written", placer_.placed(), target_.plan.block_count);
    }
    for (std::size_t index = 0; index < target_.plan.block_count; ++index) {
      std::uint64_t offset = placer_.offset(index);
      for_each_segment(index, [&](std::size_t segment) {
        places_[segment].offset = offset;
        offset += places_[segment].bytes;
      });
    }
    return {};
  }
  SegmentTable::Place at(std::size_t segment) const override { return places_[segment]; }
  std::uint64_t end() const override { return placer_.end(); }

 private:
  /// The segments of a block in the order in which they are written.
  template <class F>
  void for_each_segment(std::size_t index, F&& f) const {
    const auto part = target_.plan.part(index, target_.spec);
    for (std::size_t plane = 0; plane < target_.spec.planes(); ++plane) {
      for (std::size_t i = 0; i < part.count; ++i) f(plane * target_.spec.segments_per_plane() + part.first + i);
    }
  }

  class Writer final : public BlockWriter {
   public:
    Writer(CodedOutput& output, std::unique_ptr<BlockEncoder> encoder)
        : output_(output), encoder_(std::move(encoder)) {}
    Result<void> write(std::size_t index, Block& block) override {
      sizes_.clear();
      ECE465_TRY(encoder_->encode(output_.target_.plan.part(index, output_.target_.spec), block, bytes_, sizes_));
      auto size = sizes_.begin();
      // Threads write different elements, and they are read after the last block.
      output_.for_each_segment(index, [&](std::size_t segment) { output_.places_[segment].bytes = *size++; });
      return output_.placer_.place(index, bytes_);
    }

   private:
    CodedOutput& output_;
    std::unique_ptr<BlockEncoder> encoder_;
    std::vector<std::byte> bytes_;
    std::vector<std::uint64_t> sizes_;
  };

  PageTarget target_;
  MakeEncoder make_encoder_;
  OrderedWriter placer_;
  std::vector<SegmentTable::Place> places_;
};

class LibtiffBlockEncoder final : public BlockEncoder {
 public:
  LibtiffBlockEncoder(const PageTarget& target, std::unique_ptr<SegmentEncoder> encoder)
      : target_(target), shaper_(target_), encoder_(std::move(encoder)) {}

  Result<void> encode(const BlockPlan::Part& part, Block& block, std::vector<std::byte>& bytes,
                      std::vector<std::uint64_t>& sizes) override {
    for (std::size_t plane = 0; plane < target_.spec.planes(); ++plane) {
      for (std::size_t i = 0; i < part.count; ++i) {
        const std::size_t before = bytes.size();
        ECE465_TRY(encoder_->encode(shaper_.shape(part, block, plane, i), bytes));
        sizes.push_back(bytes.size() - before);
      }
    }
    return {};
  }

 private:
  PageTarget target_;
  SegmentShaper shaper_;
  std::unique_ptr<SegmentEncoder> encoder_;
};

}  // namespace

std::unique_ptr<PageOutput> make_raw_output(const PageTarget& target) { return std::make_unique<RawOutput>(target); }

std::unique_ptr<PageOutput> make_coded_output(const PageTarget& target) {
  return make_coded_output(target, [target]() -> Result<std::unique_ptr<BlockEncoder>> {
    ECE465_ASSIGN(auto encoder, make_encoder(target.spec));
    return std::make_unique<LibtiffBlockEncoder>(target, std::move(encoder));
  });
}

std::unique_ptr<PageOutput> make_coded_output(const PageTarget& target,
                                              std::function<Result<std::unique_ptr<BlockEncoder>>()> make_encoder) {
  return std::make_unique<CodedOutput>(target, std::move(make_encoder));
}

}  // namespace ece465::image::tiff
