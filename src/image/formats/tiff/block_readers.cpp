#include "block_readers.hpp"

#include <algorithm>

#include "kernels/kernels.hpp"
#include "libtiff_codec.hpp"
#include "rearrange.hpp"

namespace ece465::image::tiff {
namespace {

/// Converts stored samples to native byte and bit order.
void to_native(const PageSpec& spec, MutableBytes raw) {
  if (spec.reversed_bits) reverse_bits(raw);
  if (spec.bits == 16 && spec.order != std::endian::native)
    kernels::current().swap_bytes(reinterpret_cast<std::uint16_t*>(raw.data()), raw.size() / 2);
}

class BandReader final : public BlockReader {
 public:
  explicit BandReader(PageSource page) : page_(std::move(page)) {}

  Result<void> read(std::size_t index, Block& out) override {
    const auto part = page_.plan.part(index, page_.spec);
    const PageSpec& spec = page_.spec;
    out.width = part.width;
    out.height = part.height;
    out.stride = std::size_t{part.width} * page_.plan.layout.pixel_bytes();
    out.pixels.resize(out.stride * out.height);
    if (!spec.planar) return read_rows(0, part.top, part.height, out.pixels.span());

    const std::size_t row = std::size_t{part.width} * spec.sample_bytes();
    plane_.resize(row * part.height);
    for (std::size_t plane = 0; plane < spec.samples; ++plane) {
      ECE465_TRY(read_rows(plane, part.top, part.height, plane_.span()));
      // Rows are contiguous on both sides and handled as one.
      scatter_plane(plane_.data(), std::size_t{part.width} * part.height, spec.sample_bytes(), spec.samples,
                    out.pixels.data() + plane * spec.sample_bytes());
    }
    return {};
  }

 private:
  /// Rows of a plane, with one read for strips that are adjacent in the file.
  Result<void> read_rows(std::size_t plane, std::uint32_t top, std::uint32_t rows, MutableBytes out) {
    const PageSpec& spec = page_.spec;
    const std::size_t row_bytes = out.size() / rows;
    for (std::size_t done = 0; done < rows;) {
      const std::size_t y = top + done;
      const std::size_t strip = y / spec.segment_height, inside = y % spec.segment_height;
      const std::size_t segment = plane * spec.segments_per_plane() + strip;
      const std::size_t adjacent = page_.table->run_length(segment) * spec.segment_height - inside;
      const std::size_t n = std::min(rows - done, adjacent);
      const std::uint64_t offset = page_.table->at(segment).offset + inside * row_bytes;
      ECE465_TRY(page_.file.read_exactly(offset, out.subspan(done * row_bytes, n * row_bytes)));
      done += n;
    }
    to_native(spec, out);
    return {};
  }

  PageSource page_;
  Buffer plane_;
};

class SegmentReader final : public BlockReader {
 public:
  SegmentReader(PageSource page, std::unique_ptr<SegmentDecoder> decoder)
      : page_(std::move(page)), decoder_(std::move(decoder)) {}

  Result<void> read(std::size_t index, Block& out) override {
    const PageSpec& spec = page_.spec;
    const PixelLayout& layout = page_.plan.layout;
    const auto part = page_.plan.part(index, spec);
    const std::size_t segment_row = segment_stride(spec, layout);
    out.width = part.width;
    out.height = part.height;
    out.stride = spec.tiled ? part.count * segment_row : segment_row;
    if (page_.plan.chroma != Chroma::none) return read_data_units(part, out);

    const std::uint32_t rows = spec.tiled ? spec.segment_height : part.height;
    out.pixels.resize(out.stride * rows);
    const bool as_stored = !spec.planar && (!spec.tiled || part.count == 1);
    if (as_stored) return decode(part.first, part.count, out.pixels.span());

    const std::size_t bytes = stored_bytes(part.first, part.count);
    scratch_.resize(bytes);
    for (std::size_t plane = 0; plane < spec.planes(); ++plane) {
      ECE465_TRY(decode(plane * spec.segments_per_plane() + part.first, part.count, scratch_.span()));
      assemble(part, plane, rows, out);
    }
    return {};
  }

 private:
  [[nodiscard]] std::size_t stored_bytes(std::size_t first, std::size_t count) const {
    const std::size_t last = (first + count - 1) % page_.spec.segments_per_plane();
    return (count - 1) * page_.spec.segment_bytes() + page_.spec.stored_bytes(page_.spec.stored_rows(last));
  }

  /// Decodes `count` segments of one plane, one after the other.
  Result<void> decode(std::size_t first, std::size_t count, MutableBytes out);
  Result<void> read_raw(std::size_t first, std::size_t count, MutableBytes out);
  /// Copies a plane's segments from the scratch buffer to the block.
  void assemble(const BlockPlan::Part& part, std::size_t plane, std::uint32_t rows, Block& out);
  Result<void> read_data_units(const BlockPlan::Part& part, Block& out);

  PageSource page_;
  std::unique_ptr<SegmentDecoder> decoder_;  // null: uncompressed
  Buffer encoded_, scratch_;
};

Result<void> SegmentReader::decode(std::size_t first, std::size_t count, MutableBytes out) {
  if (!decoder_) return read_raw(first, count, out);
  const SegmentTable& table = *page_.table;
  for (std::size_t i = 0; i < count;) {
    // Small adjacent strips share a read.
    constexpr std::uint64_t kMaxReadBytes = std::uint64_t{256} << 10;
    const auto extent = table.at(first + i);
    std::size_t n = 1;
    std::uint64_t bytes = extent.bytes;
    while (i + n < count) {
      const auto next = table.at(first + i + n);
      if (next.offset != extent.offset + bytes || bytes + next.bytes > kMaxReadBytes) break;
      bytes += next.bytes;
      ++n;
    }
    if (n == 1) {
      ECE465_TRY(read_encoded(page_, first + i, encoded_));
    } else {
      encoded_.resize(static_cast<std::size_t>(bytes));
      ECE465_TRY(page_.file.read_exactly(extent.offset, encoded_.span()));
    }
    MutableBytes rest = encoded_.span();
    for (const std::size_t end = i + n; i < end; ++i) {
      const std::size_t take = std::min<std::size_t>(rest.size(), table.at(first + i).bytes);
      const MutableBytes to = out.subspan(i * page_.spec.segment_bytes(), stored_bytes(first + i, 1));
      if (auto decoded = decoder_->decode(rest.first(take), to); !decoded) {
        return within(page_.spec.segment_name(first + i), std::move(decoded).error());
      }
      rest = rest.subspan(take);
    }
  }
  return {};
}

Result<void> SegmentReader::read_raw(std::size_t first, std::size_t count, MutableBytes out) {
  const std::size_t one = page_.spec.segment_bytes();
  for (std::size_t i = 0; i < count;) {
    const std::size_t n = std::min(count - i, page_.table->run_length(first + i));
    const std::size_t bytes = std::min(n * one, out.size() - i * one);
    ECE465_TRY(page_.file.read_exactly(page_.table->at(first + i).offset, out.subspan(i * one, bytes)));
    i += n;
  }
  to_native(page_.spec, out);
  return {};
}

void SegmentReader::assemble(const BlockPlan::Part& part, std::size_t plane, std::uint32_t rows, Block& out) {
  const PageSpec& spec = page_.spec;
  const std::size_t pixel_bytes = page_.plan.layout.pixel_bytes();
  if (!spec.tiled) {
    scatter_plane(scratch_.data(), std::size_t{spec.width} * rows, spec.sample_bytes(), spec.samples,
                  out.pixels.data() + plane * spec.sample_bytes());
    return;
  }
  const std::size_t row_bytes = spec.stored_bytes(1);
  for (std::size_t tile = 0; tile < part.count; ++tile) {
    const std::byte* from = scratch_.data() + tile * spec.segment_bytes();
    std::byte* to = out.pixels.data() + tile * spec.segment_width * pixel_bytes;
    for (std::uint32_t y = 0; y < rows; ++y, from += row_bytes, to += out.stride) {
      if (spec.planar) {
        scatter_plane(from, spec.segment_width, spec.sample_bytes(), spec.samples, to + plane * spec.sample_bytes());
      } else {
        std::copy_n(from, row_bytes, to);
      }
    }
  }
}

Result<void> SegmentReader::read_data_units(const BlockPlan::Part& part, Block& out) {
  const DataUnitShape shape = data_unit_shape(page_.spec, page_.spec.stored_rows(part.first));
  scratch_.resize(shape.bytes());
  ECE465_TRY(decode(part.first, 1, scratch_.span()));
  if (page_.plan.chroma == Chroma::rgb) {
    out.pixels.resize(3 * shape.luma_bytes());
    data_units_to_rgb(shape, page_.coding, scratch_.data(), out.pixels.data());
    return {};
  }
  const bool keep = page_.plan.chroma == Chroma::appended;
  out.pixels.resize(shape.luma_bytes() + (keep ? 2 * shape.units() : 0));
  split_data_units(shape, scratch_.data(), out.pixels.data(), keep ? out.pixels.data() + shape.luma_bytes() : nullptr);
  return {};
}

}  // namespace

Result<void> read_encoded(const PageSource& page, std::size_t segment, Buffer& out) {
  const auto extent = page.table->at(segment);
  // Twice the pixels and some headers: no encoder expands its input by more (LZW: by half).
  const std::uint64_t max_bytes = 2 * std::uint64_t{page.spec.segment_bytes()} + 65'536;
  out.resize(static_cast<std::size_t>(std::min(extent.bytes, max_bytes)));
  return page.file.read_exactly(extent.offset, out.span());
}

std::unique_ptr<BlockReader> make_band_reader(PageSource page) { return std::make_unique<BandReader>(std::move(page)); }

Result<std::unique_ptr<BlockReader>> make_segment_reader(PageSource page) {
  std::unique_ptr<SegmentDecoder> decoder;
  if (page.spec.compression != compression::kNone) {
    ECE465_ASSIGN(decoder, make_decoder(page.spec));
  }
  return std::make_unique<SegmentReader>(std::move(page), std::move(decoder));
}

}  // namespace ece465::image::tiff
