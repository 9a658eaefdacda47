#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "band_encoder.hpp"
#include "chunk_policy.hpp"
#include "chunk_writer.hpp"
#include "deflate.hpp"
#include "formats/formats.hpp"
#include "kernels/scalar.hpp"
#include "metadata.hpp"
#include "reader.hpp"

namespace ece465::image::png {
namespace {

/// Writes parts, in order, to IDAT chunks that form one zlib stream.
class ImageStream {
 public:
  ImageStream(ChunkWriter& output, std::size_t parts) : output_(output), parts_(parts) {}

  /// Thread-safe. Parts may come in any order; each is written after all before it.
  Result<void> add(std::size_t index, Part part) {
    const std::scoped_lock lock(mutex_);
    assert(index >= next_ && index < parts_);
    pending_.emplace(index, std::move(part));
    for (auto first = pending_.begin(); first != pending_.end() && first->first == next_; first = pending_.begin()) {
      ECE465_TRY(write(first->second));
      pending_.erase(first);
      ++next_;
    }
    return {};
  }
  [[nodiscard]] bool is_complete() const { return next_ == parts_; }

 private:
  Result<void> write(const Part& part) {
    checksum_ = combined_checksum(checksum_, part.checksum, part.raw_bytes);
    std::array<std::byte, 4> tail{};
    store(tail.data(), checksum_, std::endian::big);
    const bool is_first = next_ == 0, is_last = next_ + 1 == parts_;
    return output_.append_joined(
        name("IDAT"), {is_first ? Bytes(kZlibHeader) : Bytes(), Bytes(part.bytes), is_last ? Bytes(tail) : Bytes()});
  }

  ChunkWriter& output_;
  std::size_t parts_;
  std::mutex mutex_;  // guards what follows, and output_
  std::map<std::size_t, Part> pending_;
  std::size_t next_ = 0;
  std::uint32_t checksum_ = 1;
};

/// Compresses blocks as they arrive, several at once. First collects small ones (a TIFF's strips of one row) to bands.
class BandedPage final : public PageWriter {
 public:
  BandedPage(ChunkWriter& output, const Header& header, const PageInfo& info)
      : header_(header),
        blocks_(info.block_count),
        blocks_per_band_(std::max<std::size_t>(
            1, rows_per_band(info.width * info.layout.pixel_bytes(), info.height) / info.rows_per_block)),
        bands_((blocks_ + blocks_per_band_ - 1) / blocks_per_band_),
        stream_(output, bands_) {}

  bool any_order() const override { return true; }
  bool waits_for_lower() const override { return false; }
  Result<std::unique_ptr<BlockWriter>> open_blocks() override { return std::make_unique<Blocks>(*this); }
  Result<void> finish() override {
    if (!stream_.is_complete()) return fail(Errc::internal, "PNG blocks are missing");
    return {};
  }

 private:
  class Blocks final : public BlockWriter {
   public:
    explicit Blocks(BandedPage& page) : page_(page), encoder_(page.header_, page.header_.width) {}
    Result<void> write(std::size_t index, Block& block) override;

   private:
    BandedPage& page_;
    BandEncoder encoder_;
  };

  std::optional<std::vector<Block>> collect(std::size_t index, Block& block);

  Header header_;
  std::size_t blocks_, blocks_per_band_, bands_;
  ImageStream stream_;
  struct PartialBand {
    std::vector<Block> blocks;  // those that have arrived, at their places
    std::size_t arrived = 0;
  };
  std::mutex mutex_;  // guards what follows
  std::map<std::size_t, PartialBand> partial_bands_;
};

/// Adds a block to its band. Returns the band's blocks if it is now complete.
std::optional<std::vector<Block>> BandedPage::collect(std::size_t index, Block& block) {
  const std::size_t band = index / blocks_per_band_;
  const std::size_t count = std::min(blocks_per_band_, blocks_ - band * blocks_per_band_);
  const std::scoped_lock lock(mutex_);
  PartialBand& partial = partial_bands_[band];
  partial.blocks.resize(count);
  std::swap(partial.blocks[index % blocks_per_band_], block);
  if (++partial.arrived < count) return std::nullopt;
  return std::move(partial_bands_.extract(band).mapped().blocks);
}

Result<void> BandedPage::Blocks::write(std::size_t index, Block& block) {
  std::optional<std::vector<Block>> collected;
  if (page_.blocks_per_band_ > 1) {
    collected = page_.collect(index, block);
    if (!collected) return {};
  }
  const std::size_t band = index / page_.blocks_per_band_;
  for (const Block& each : collected ? std::span(*collected) : std::span(&block, 1)) {
    for (std::uint32_t y = 0; y < each.height; ++y) ECE465_TRY(encoder_.add(each.pixels.data() + y * each.stride));
  }
  ECE465_ASSIGN(auto part, encoder_.finish_part(band + 1 == page_.bands_));
  return page_.stream_.add(band, std::move(part));
}

/// Collects the complete image, because the first pass has pixels from everywhere.
class InterlacedPage final : public PageWriter {
 public:
  InterlacedPage(ChunkWriter& output, const Header& header, const PageInfo& info)
      : output_(output), header_(header), info_(info), image_(info.width * info.layout.pixel_bytes() * info.height) {}

  bool any_order() const override { return true; }
  bool waits_for_lower() const override { return false; }
  Result<std::unique_ptr<BlockWriter>> open_blocks() override { return std::make_unique<Blocks>(*this); }
  Result<void> finish() override;

 private:
  class Blocks final : public BlockWriter {
   public:
    explicit Blocks(InterlacedPage& page) : page_(page) {}
    Result<void> write(std::size_t index, Block& block) override {
      const std::size_t row_bytes = page_.info_.width * page_.info_.layout.pixel_bytes();
      std::byte* to = page_.image_.data() + index * page_.info_.rows_per_block * row_bytes;
      for (std::uint32_t y = 0; y < block.height; ++y, to += row_bytes) {
        std::copy_n(block.pixels.data() + y * block.stride, row_bytes, to);
      }
      return {};
    }

   private:
    InterlacedPage& page_;
  };

  Result<Part> encode(const Pass& pass, bool last) const;

  ChunkWriter& output_;
  Header header_;
  PageInfo info_;
  Buffer image_;
};

Result<Part> InterlacedPage::encode(const Pass& pass, bool last) const {
  const std::size_t pixel_bytes = info_.layout.pixel_bytes(), row_bytes = info_.width * pixel_bytes;
  const std::uint32_t width = Pass::count(info_.width, pass.x0, pass.dx);
  BandEncoder encoder(header_, width);
  Buffer row(width * pixel_bytes);
  for (std::uint32_t y = pass.y0; y < info_.height; y += pass.dy) {
    const std::byte* from = image_.data() + y * row_bytes + pass.x0 * pixel_bytes;
    std::byte* to = row.data();
    for (std::uint32_t x = 0; x < width; ++x, from += pass.dx * pixel_bytes, to += pixel_bytes) {
      std::copy_n(from, pixel_bytes, to);
    }
    ECE465_TRY(encoder.add(row.data()));
  }
  return encoder.finish_part(last);
}

Result<void> InterlacedPage::finish() {
  std::vector<Pass> passes;  // those that have pixels
  for (const Pass& pass : kAdam7) {
    if (info_.width > pass.x0 && info_.height > pass.y0) passes.push_back(pass);
  }
  ImageStream stream(output_, passes.size());
  for (std::size_t i = 0; i < passes.size(); ++i) {
    ECE465_ASSIGN(auto part, encode(passes[i], i + 1 == passes.size()));
    ECE465_TRY(stream.add(i, std::move(part)));
  }
  return {};
}

/// The header of the output. `input`: the file to be preserved, or null.
Header output_header(const PageInfo& info, const Structure* input) {
  Header header{.width = info.width, .height = info.height, .bit_depth = info.layout.bits};
  header.interlaced = input != nullptr && input->header.interlaced;
  const bool has_alpha = info.layout.extras > 0;
  if (info.palette) {
    header.color_type = ColorType::palette;
    header.bit_depth = input != nullptr ? input->header.bit_depth : std::uint8_t{8};
  } else if (info.layout.colors == 3) {
    header.color_type = has_alpha ? ColorType::rgb_alpha : ColorType::rgb;
  } else {
    header.color_type = has_alpha ? ColorType::gray_alpha : ColorType::gray;
    // Equalized, two levels are always black and white, so one bit is enough.
    const bool was_bits =
        input != nullptr && input->header.color_type == ColorType::gray && input->header.bit_depth == 1;
    if (was_bits && !has_alpha) header.bit_depth = 1;
  }
  return header;
}

class PngWriter final : public ImageWriter {
 public:
  PngWriter(const ImageReader& reader, ByteSink& sink, const Limits& limits)
      : reader_(reader), limits_(limits), output_(sink) {
    if (const auto* png = dynamic_cast<const Reader*>(&reader); png != nullptr && !png->is_interleaved()) input_ = png;
  }

  Result<std::unique_ptr<PageWriter>> begin_page(std::size_t index, const PageInfo& info) override;
  Result<void> finish() override;
  std::vector<std::string> notes() const override;

 private:
  /// Writes the input's chunks up to IDAT or, when called again, those after it.
  Result<void> preserve_chunks(const PageInfo& info);
  Result<void> preserve_chunk(const Chunk& chunk, const PageInfo& info);
  Result<void> copy_run();
  Result<void> write_palette(const PageInfo& info, bool with_alpha);
  /// Consecutive chunks to be copied.
  struct Run {
    std::uint64_t offset = 0, bytes = 0;
  };
  void drop(ChunkName chunk);

  const ImageReader& reader_;
  Limits limits_;
  const Reader* input_ = nullptr;  // the file to be preserved except for its pixels; null after another format
  ChunkWriter output_;
  Header header_;
  std::size_t next_chunk_ = 0;        // of input_
  Run run_;                           // not yet copied
  std::vector<std::string> dropped_;  // names of chunks
  bool profile_dropped_ = false;
};

Result<std::unique_ptr<PageWriter>> PngWriter::begin_page(std::size_t, const PageInfo& info) {
  const PixelLayout& layout = info.layout;
  if (layout.extras > 1 || layout.inverted || (layout.extras == 1 && layout.alpha != Alpha::unassociated)) {
    return fail(Errc::internal, "pixels with {} extra samples cannot be written as PNG", layout.extras);
  }
  header_ = output_header(info, input_ != nullptr ? &input_->structure() : nullptr);
  ECE465_TRY(output_.append(std::as_bytes(std::span(kSignature))));
  ECE465_TRY(output_.append_chunk(name("IHDR"), header_data(header_)));
  if (input_ != nullptr) {
    ECE465_TRY(preserve_chunks(info));
  } else {
    ECE465_ASSIGN(const Metadata metadata, reader_.metadata());
    ECE465_ASSIGN(const auto carried, chunks_of(metadata, header_));
    for (const auto& [chunk, data] : carried.chunks) ECE465_TRY(output_.append_chunk(chunk, data));
    profile_dropped_ = carried.profile_dropped;
    if (info.palette) ECE465_TRY(write_palette(info, true));
  }
  if (header_.interlaced) return std::make_unique<InterlacedPage>(output_, header_, info);
  return std::make_unique<BandedPage>(output_, header_, info);
}

Result<void> PngWriter::preserve_chunks(const PageInfo& info) {
  const auto& chunks = input_->structure().chunks;
  while (next_chunk_ < chunks.size()) {
    const Chunk& chunk = chunks[next_chunk_++];
    if (chunk.name == name("IDAT")) break;
    ECE465_TRY(preserve_chunk(chunk, info));
  }
  return copy_run();
}

/// Copies consecutive chunks together: there may be hundreds of thousands of a few bytes each.
Result<void> PngWriter::copy_run() {
  const Run run = std::exchange(run_, {});
  return output_.copy(input_->source(), run.offset, run.bytes);
}

Result<void> PngWriter::preserve_chunk(const Chunk& chunk, const PageInfo& info) {
  const Header& from = input_->structure().header;
  const bool palette = chunk.name == name("PLTE") && info.palette;
  const ChunkAction action = action_for(chunk.name, from, header_);
  if (!palette && action == ChunkAction::keep && chunk.offset == run_.offset + run_.bytes) {
    run_.bytes += chunk.whole_bytes();
    return {};
  }
  ECE465_TRY(copy_run());
  if (palette) return write_palette(info, false);
  switch (action) {
    case ChunkAction::keep: run_ = {chunk.offset, chunk.whole_bytes()}; return {};
    case ChunkAction::drop_silently: return {};
    case ChunkAction::drop: break;
    case ChunkAction::rewrite: {
      ECE465_ASSIGN(const auto data, read_data(input_->source(), chunk));
      if (const auto rewritten = rewrite_chunk(chunk.name, data, from, header_)) {
        return output_.append_chunk(chunk.name, *rewritten);
      }
      break;
    }
  }
  drop(chunk.name);
  return {};
}

void PngWriter::drop(ChunkName chunk) {
  if (chunk == name("iCCP")) {
    profile_dropped_ = true;
    return;
  }
  constexpr std::size_t kMaxListed = 16;
  std::string letters = text(chunk);
  if (dropped_.size() < kMaxListed && std::ranges::find(dropped_, letters) == dropped_.end()) {
    dropped_.push_back(std::move(letters));
  }
}

Result<void> PngWriter::write_palette(const PageInfo& info, bool with_alpha) {
  std::vector<std::byte> colors, alphas;
  const auto narrow = [](std::uint32_t v) { return static_cast<std::byte>(kernels::narrowed(v)); };
  for (const auto& c : *info.palette) {
    for (const std::uint16_t v : {c.red, c.green, c.blue}) colors.push_back(narrow(v));
    alphas.push_back(narrow(c.alpha));
  }
  ECE465_TRY(output_.append_chunk(name("PLTE"), colors));
  while (!alphas.empty() && alphas.back() == std::byte{255}) alphas.pop_back();
  if (!with_alpha || alphas.empty()) return {};
  return output_.append_chunk(name("tRNS"), alphas);
}

Result<void> PngWriter::finish() {
  if (input_ != nullptr) ECE465_TRY(preserve_chunks({}));
  return output_.append_chunk(name("IEND"), {});
}

std::vector<std::string> PngWriter::notes() const {
  std::vector<std::string> notes;
  if (profile_dropped_) {
    notes.push_back(
        fmt::format("the colour profile was dropped: it is not for {}", header_.is_color() ? "RGB" : "gray"));
  }
  if (!dropped_.empty()) {
    notes.push_back(fmt::format("chunks that no longer apply were dropped: {}", fmt::join(dropped_, ", ")));
  }
  return notes;
}

}  // namespace

Result<std::unique_ptr<ImageWriter>> create(const ImageReader& reader, ByteSink& sink, const WriteOptions& options) {
  return std::make_unique<PngWriter>(reader, sink, options.limits);
}

}  // namespace ece465::image::png
