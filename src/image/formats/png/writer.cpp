#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "bands.hpp"
#include "formats/formats.hpp"
#include "image_stream.hpp"
#include "chunk_policy.hpp"
#include "metadata.hpp"
#include "reader.hpp"

namespace ece465::image::png {
namespace {

/// Compresses blocks as they arrive, several at once. Blocks that are small (a TIFF's strips of one row) are
/// gathered to bands first.
class BandedPage final : public PageWriter {
 public:
  BandedPage(Output& output, const Header& header, const PageInfo& info)
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

  std::optional<std::vector<Block>> gather(std::size_t index, Block& block);

  Header header_;
  std::size_t blocks_, blocks_per_band_, bands_;
  ImageStream stream_;
  std::mutex mutex_;                                     // guards what follows
  std::map<std::size_t, std::vector<Block>> gathering_;  // per band, its blocks so far, each at its place
  std::map<std::size_t, std::size_t> gathered_;          // per band, how many there are
};

/// Takes a block of a band. Whoever brings the last one gets them all.
std::optional<std::vector<Block>> BandedPage::gather(std::size_t index, Block& block) {
  const std::size_t band = index / blocks_per_band_;
  const std::size_t wanted = std::min(blocks_per_band_, blocks_ - band * blocks_per_band_);
  const std::scoped_lock lock(mutex_);
  std::vector<Block>& blocks = gathering_[band];
  blocks.resize(wanted);
  std::swap(blocks[index % blocks_per_band_], block);
  if (++gathered_[band] < wanted) return std::nullopt;
  gathered_.erase(band);
  return std::move(gathering_.extract(band).mapped());
}

Result<void> BandedPage::Blocks::write(std::size_t index, Block& block) {
  std::optional<std::vector<Block>> gathered;
  if (page_.blocks_per_band_ > 1) {
    gathered = page_.gather(index, block);
    if (!gathered) return {};
  }
  const std::size_t band = index / page_.blocks_per_band_;
  for (const Block& now : gathered ? std::span(*gathered) : std::span(&block, 1)) {
    for (std::uint32_t y = 0; y < now.height; ++y) ECE465_TRY(encoder_.add(now.pixels.data() + y * now.stride));
  }
  ECE465_ASSIGN(auto part, encoder_.finish_part(band + 1 == page_.bands_));
  return page_.stream_.add(band, std::move(part));
}

/// Gathers the whole image, as its first pass takes pixels from everywhere.
class InterlacedPage final : public PageWriter {
 public:
  InterlacedPage(Output& output, const Header& header, const PageInfo& info)
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

  Output& output_;
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

/// The header of what comes out. `kept`: the file whose everything but the pixels is kept, if any.
Header output_header(const PageInfo& info, const Structure* kept) {
  Header header{.width = info.width, .height = info.height, .bit_depth = info.layout.bits};
  header.interlaced = kept != nullptr && kept->header.interlaced;
  const bool has_alpha = info.layout.extras > 0;
  if (info.palette) {
    header.color_type = ColorType::palette;
    header.bit_depth = kept != nullptr ? kept->header.bit_depth : std::uint8_t{8};
  } else if (info.layout.colors == 3) {
    header.color_type = has_alpha ? ColorType::rgb_alpha : ColorType::rgb;
  } else {
    header.color_type = has_alpha ? ColorType::gray_alpha : ColorType::gray;
    // Two levels stay two levels, black and white, whatever they are equalized to.
    const bool was_bits = kept != nullptr && kept->header.color_type == ColorType::gray && kept->header.bit_depth == 1;
    if (was_bits && !has_alpha) header.bit_depth = 1;
  }
  return header;
}

class PngWriter final : public ImageWriter {
 public:
  PngWriter(const ImageReader& reader, ByteSink& sink, const Limits& limits)
      : reader_(reader), limits_(limits), output_(sink) {
    if (const auto* png = dynamic_cast<const Reader*>(&reader); png != nullptr && !png->is_interleaved()) kept_ = png;
  }

  Result<std::unique_ptr<PageWriter>> begin_page(std::size_t index, const PageInfo& info) override;
  Result<void> finish() override;
  std::vector<std::string> notes() const override;

 private:
  /// Writes what is kept of the chunks up to the image's, or to the end.
  Result<void> keep_chunks(const PageInfo& info);
  Result<void> keep_chunk(const Chunk& chunk, const PageInfo& info);
  Result<void> copy_run();
  Result<void> write_palette(const PageInfo& info, bool with_alpha);
  /// Chunks in a row, to be copied.
  struct Run {
    std::uint64_t offset = 0, bytes = 0;
  };
  void drop(ChunkName chunk);

  const ImageReader& reader_;
  Limits limits_;
  const Reader* kept_ = nullptr;  // the file whose everything but the pixels is kept
  Output output_;
  Header header_;
  std::size_t next_chunk_ = 0;        // of kept_'s
  Run run_;                           // before that
  std::vector<std::string> dropped_;  // chunks
  bool profile_dropped_ = false;
};

Result<std::unique_ptr<PageWriter>> PngWriter::begin_page(std::size_t, const PageInfo& info) {
  const PixelLayout& layout = info.layout;
  if (layout.extras > 1 || layout.inverted || (layout.extras == 1 && layout.alpha != Alpha::unassociated)) {
    return fail(Errc::internal, "pixels of {} extra samples cannot be written as PNG", layout.extras);
  }
  header_ = output_header(info, kept_ != nullptr ? &kept_->structure() : nullptr);
  ECE465_TRY(output_.append(std::as_bytes(std::span(kSignature))));
  ECE465_TRY(output_.append_chunk(name("IHDR"), header_data(header_)));
  if (kept_ != nullptr) {
    ECE465_TRY(keep_chunks(info));
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

Result<void> PngWriter::keep_chunks(const PageInfo& info) {
  const auto& chunks = kept_->structure().chunks;
  while (next_chunk_ < chunks.size()) {
    const Chunk& chunk = chunks[next_chunk_++];
    if (chunk.name == name("IDAT")) break;
    ECE465_TRY(keep_chunk(chunk, info));
  }
  return copy_run();
}

/// Chunks are copied together with those that follow: there may be hundreds of thousands, of a few bytes each.
Result<void> PngWriter::copy_run() {
  const Run run = std::exchange(run_, {});
  return output_.copy(kept_->source(), run.offset, run.bytes);
}

Result<void> PngWriter::keep_chunk(const Chunk& chunk, const PageInfo& info) {
  const Header& from = kept_->structure().header;
  const bool palette = chunk.name == name("PLTE") && info.palette;
  const ChunkAction fate = action_for(chunk.name, from, header_);
  if (!palette && fate == ChunkAction::kept && chunk.offset == run_.offset + run_.bytes) {
    run_.bytes += chunk.whole_bytes();
    return {};
  }
  ECE465_TRY(copy_run());
  if (palette) return write_palette(info, false);
  switch (fate) {
    case ChunkAction::kept: run_ = {chunk.offset, chunk.whole_bytes()}; return {};
    case ChunkAction::forgotten: return {};
    case ChunkAction::dropped: break;
    case ChunkAction::rewritten: {
      ECE465_ASSIGN(const auto data, read_data(kept_->source(), chunk));
      if (const auto now = rewrite(chunk.name, data, from, header_)) return output_.append_chunk(chunk.name, *now);
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
  constexpr std::size_t kEnough = 16;
  std::string letters = text(chunk);
  if (dropped_.size() < kEnough && std::ranges::find(dropped_, letters) == dropped_.end()) {
    dropped_.push_back(std::move(letters));
  }
}

Result<void> PngWriter::write_palette(const PageInfo& info, bool with_alpha) {
  std::vector<std::byte> colors, alphas;
  const auto narrow = [](std::uint32_t v) { return static_cast<std::byte>((v * 255 + 32767) / 65535); };
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
  if (kept_ != nullptr) ECE465_TRY(keep_chunks({}));
  return output_.append_chunk(name("IEND"), {});
}

std::vector<std::string> PngWriter::notes() const {
  std::vector<std::string> notes;
  if (profile_dropped_) {
    notes.push_back(
        fmt::format("the colour profile was dropped: it is not for {}", header_.is_color() ? "RGB" : "gray"));
  }
  if (!dropped_.empty()) {
    notes.push_back(
        fmt::format("chunks that would not be true of the result were dropped: {}", fmt::join(dropped_, ", ")));
  }
  return notes;
}

}  // namespace

Result<std::unique_ptr<ImageWriter>> create(const ImageReader& reader, ByteSink& sink, const WriteOptions& options) {
  return std::make_unique<PngWriter>(reader, sink, options.limits);
}

}  // namespace ece465::image::png
