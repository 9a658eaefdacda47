#include <algorithm>

#include "block_writers.hpp"
#include "exif.hpp"
#include "formats/formats.hpp"
#include "jpeg_blocks.hpp"
#include "page_tags.hpp"
#include "reader.hpp"

namespace ece465::image::tiff {
namespace {

/// The common part of both writers: pages in sequence, followed by all directories.
class WriterBase : public ImageWriter {
 public:
  WriterBase(ByteSink& sink, Encoding encoding) : sink_(sink), directories_(sink, encoding) {}

  [[nodiscard]] std::vector<std::string> notes() const override { return notes_; }

 protected:
  /// A page whose directory is created after its last block.
  class Page final : public PageWriter {
   public:
    using Finish = std::function<Result<void>(const PageOutput&)>;

    Page(std::unique_ptr<PageOutput> output, DirectoryWriter& directories, Finish finish)
        : output_(std::move(output)), directories_(directories), finish_(std::move(finish)) {}

    bool any_order() const override { return true; }
    bool waits_for_lower() const override { return output_->waits_for_lower(); }
    Result<std::unique_ptr<BlockWriter>> open_blocks() override { return output_->open_blocks(); }
    void abandon() override { output_->abandon(); }
    Result<void> finish() override {
      ECE465_TRY(output_->finish());
      directories_.end_pixels(output_->end());
      return finish_(*output_);
    }

   private:
    std::unique_ptr<PageOutput> output_;
    DirectoryWriter& directories_;
    Finish finish_;
  };

  Result<void> finish_file(const std::vector<std::size_t>& chain) {
    ECE465_TRY(directories_.finish(chain));
    if (directories_.became_big()) notes_.emplace_back("the result is a BigTIFF because it exceeds 4 GiB");
    return {};
  }

  ByteSink& sink_;
  DirectoryWriter directories_;
  std::vector<std::string> notes_;
};

/// For TIFF input: keeps everything except the pixels.
class CopyWriter final : public WriterBase {
 public:
  CopyWriter(const Reader& reader, ByteSink& sink, const WriteOptions& options)
      : WriterBase(sink, reader.structure().encoding),
        reader_(reader),
        limits_(options.limits),
        copier_(reader.values(), directories_, notes_) {}

  Result<std::unique_ptr<PageWriter>> begin_page(std::size_t index, const PageInfo& info) override {
    const auto& page = reader_.page(index);
    PageTarget target{
        .file = sink_, .spec = stored_spec(page.spec, info), .plan = page.plan, .coding = page.coding, .start = 0};
    ECE465_ASSIGN(target.start, directories_.begin_pixels());
    ECE465_ASSIGN(auto output, make_output(index, target));
    return std::make_unique<Page>(std::move(output), directories_,
                                  [this, index, info, after = target.spec](const PageOutput& done) {
                                    return finish_page(index, info, after, done);
                                  });
  }

  Result<void> finish() override {
    const auto& all = reader_.structure().directories;
    written_.resize(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (written_[i]) continue;
      ECE465_ASSIGN(NewDirectory same, copier_.copy_with_image(all[i]));
      directories_.put(i, std::move(same));
    }
    return finish_file(reader_.structure().chain);
  }

 private:
  Result<std::unique_ptr<PageOutput>> make_output(std::size_t index, const PageTarget& target) {
    if (target.spec.compression == compression::kNone) return make_raw_output(target);
    if (!target.spec.jpeg()) return make_compressed_output(target);
    const auto& page = reader_.page(index);
    ECE465_ASSIGN(auto table, reader_.table(index));
    PageSource original{.file = reader_.values().source(),
                        .spec = page.spec,
                        .plan = page.plan,
                        .coding = page.coding,
                        .table = std::move(table)};
    return make_jpeg_output(target, std::move(original), reader_.directory(index), reader_.values(), limits_);
  }

  Result<void> finish_page(std::size_t index, const PageInfo& info, const PageSpec& after, const PageOutput& output) {
    const Directory& directory = reader_.directory(index);
    const PageSpec& before = reader_.page(index).spec;
    ECE465_ASSIGN(TagEdits edits, page_edits(directory, reader_.values(), before, after, info, directories_, notes_));
    ECE465_TRY(add_segment_tags(after, output, &directory, directories_, edits));
    ECE465_ASSIGN(NewDirectory copied, copier_.copy(directory, std::move(edits)));
    const std::size_t number = reader_.page(index).directory;
    directories_.put(number, std::move(copied));
    written_.resize(reader_.structure().directories.size());
    written_[number] = true;
    return {};
  }

  const Reader& reader_;
  Limits limits_;
  DirectoryCopier copier_;
  std::vector<bool> written_;  // directories of pages
};

/// For input of other formats: each block is a strip, compressed by deflate with a predictor. The byte order is
/// little-endian unless EXIF is big-endian.
class NewWriter final : public WriterBase {
 public:
  NewWriter(const ImageReader& reader, Metadata metadata, ByteSink& sink)
      : WriterBase(sink, {.order = order_for(metadata), .big = false}),
        metadata_(std::move(metadata)),
        pages_(reader.pages().size()) {}

  Result<std::unique_ptr<PageWriter>> begin_page(std::size_t index, const PageInfo& info) override {
    if (info.blocks_across != 1) return fail(Errc::internal, "tiles of another format");
    PageTarget target{.file = sink_, .spec = spec_of(info), .plan = {}, .coding = {}, .start = 0};
    target.plan.layout = info.layout;
    target.plan.width = info.width;
    target.plan.height = info.height;
    target.plan.rows_per_block = target.spec.segment_height;
    target.plan.block_count = info.block_count;
    ECE465_ASSIGN(target.start, directories_.begin_pixels());
    return std::make_unique<Page>(make_compressed_output(target), directories_,
                                  [this, index, info, spec = target.spec](const PageOutput& done) {
                                    return finish_page(index, info, spec, done);
                                  });
  }

  Result<void> finish() override {
    std::vector<std::size_t> chain(pages_);
    for (std::size_t i = 0; i < pages_; ++i) chain[i] = i;
    return finish_file(chain);
  }

 private:
  [[nodiscard]] PageSpec spec_of(const PageInfo& info) const {
    PageSpec spec;
    spec.width = info.width;
    spec.height = info.height;
    spec.bits = info.layout.bits;
    spec.samples = static_cast<std::uint16_t>(info.layout.samples());
    spec.photometric = info.palette              ? photometric::kPalette
                       : info.layout.colors == 3 ? photometric::kRgb
                       : info.layout.inverted    ? photometric::kMinIsWhite
                                                 : photometric::kMinIsBlack;
    spec.compression = compression::kAdobeDeflate;
    spec.predictor = info.palette ? 1 : 2;  // neighbouring indices are unrelated
    spec.alpha = info.layout.alpha;
    spec.order = directories_.encoding().order;
    spec.segment_width = info.width;
    spec.segment_height = std::min(info.rows_per_block, info.height);
    return spec;
  }

  Result<void> finish_page(std::size_t index, const PageInfo& info, const PageSpec& spec, const PageOutput& output) {
    TagEdits tags;
    const auto add = [&](std::uint16_t number, std::uint16_t field_type, std::uint64_t count,
                         std::uint64_t value) -> Result<void> {
      ECE465_ASSIGN(const NewEntry entry,
                    directories_.store_integers(number, field_type, count, [&](std::size_t) { return value; }));
      tags.add.push_back(entry);
      return {};
    };
    ECE465_TRY(add(tag::kImageWidth, type::kLong, 1, spec.width));
    ECE465_TRY(add(tag::kImageLength, type::kLong, 1, spec.height));
    ECE465_TRY(add(tag::kBitsPerSample, type::kShort, spec.samples, spec.bits));
    ECE465_TRY(add(tag::kCompression, type::kShort, 1, spec.compression));
    ECE465_TRY(add(tag::kPhotometric, type::kShort, 1, spec.photometric));
    ECE465_TRY(add(tag::kSamplesPerPixel, type::kShort, 1, spec.samples));
    ECE465_TRY(add(tag::kRowsPerStrip, type::kLong, 1, spec.segment_height));
    ECE465_TRY(add(tag::kPlanarConfiguration, type::kShort, 1, 1));
    if (spec.predictor != 1) ECE465_TRY(add(tag::kPredictor, type::kShort, 1, spec.predictor));
    if (info.layout.extras > 0) {
      const std::uint64_t meaning = spec.alpha == Alpha::associated ? 1 : spec.alpha == Alpha::unassociated ? 2 : 0;
      ECE465_ASSIGN(const NewEntry extras,
                    directories_.store_integers(tag::kExtraSamples, type::kShort, info.layout.extras,
                                                [&](std::size_t i) { return i == 0 ? meaning : 0; }));
      tags.add.push_back(extras);
    }
    if (info.palette) {
      ECE465_ASSIGN(const NewEntry map, store_palette(*info.palette, directories_));
      tags.add.push_back(map);
      if (std::ranges::any_of(*info.palette, [](const PaletteColor& c) { return c.alpha != 65'535; })) {
        notes_.emplace_back("the palette's transparency was dropped: TIFF palettes have none");
      }
    }
    ECE465_TRY(add_segment_tags(spec, output, nullptr, directories_, tags));
    NewDirectory page{.entries = std::move(tags.add), .links = {}};
    const unsigned colors = spec.palette() ? 3 : spec.colors();
    if (index == 0) ECE465_TRY(write_metadata(metadata_, colors, pages_, directories_, page, notes_));
    directories_.put(index, std::move(page));
    return {};
  }

  Metadata metadata_;
  std::size_t pages_;
};

}  // namespace

Result<std::unique_ptr<ImageWriter>> create(const ImageReader& reader, ByteSink& sink, const WriteOptions& options) {
  if (reader.format() == Format::tiff) {
    const auto& same = static_cast<const Reader&>(reader);
    if (!same.options().interleaved) return std::make_unique<CopyWriter>(same, sink, options);
  }
  ECE465_ASSIGN(Metadata metadata, reader.metadata());
  return std::make_unique<NewWriter>(reader, std::move(metadata), sink);
}

}  // namespace ece465::image::tiff
