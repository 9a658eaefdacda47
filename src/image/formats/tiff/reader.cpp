#include "reader.hpp"

#include "block_readers.hpp"
#include "exif.hpp"
#include "formats/formats.hpp"
#include "jpeg_blocks.hpp"
#include "libtiff_codec.hpp"

namespace ece465::image::tiff {
namespace {

PageInfo describe(const PageSpec& spec, const BlockPlan& plan) {
  PageInfo info;
  info.width = spec.width;
  info.height = spec.height;
  info.layout = plan.layout;
  info.auxiliary_samples = plan.chroma == Chroma::appended ? 2 : 0;
  info.block_count = plan.block_count;
  info.rows_per_block = plan.rows_per_block;
  info.blocks_across = plan.blocks_across;
  if (plan.blocks_across > 1) info.columns_per_block = plan.part(0, spec).width;
  info.block_bytes = plan.block_bytes;
  info.total_bytes = plan.total_bytes;
  info.decoder_bytes = table_bytes(spec);
  info.thread_bytes = codec_bytes(spec, plan);
  info.any_order = true;
  info.cheap_to_reread = spec.compression == compression::kNone;
  return info;
}

}  // namespace

Result<std::unique_ptr<Reader>> Reader::open(const ByteSource& source, const ReadOptions& options) {
  ECE465_ASSIGN(Structure structure, read_structure(source, options.limits));
  std::unique_ptr<Reader> reader(new Reader(source, options, std::move(structure)));
  ECE465_TRY(reader->add_pages(reader->structure_.chain, ""));
  if (reader->pages_.empty()) return std::unexpected(*reader->first_unsupported_);
  if (reader->structure_.chain.size() == 1) {
    ECE465_TRY(reject_hidden_slices(reader->directory(0), reader->page(0).spec, reader->values_));
  }
  return reader;
}

/// Adds pages in the order of the chain, each followed by the images in its sub-directories.
Result<void> Reader::add_pages(const std::vector<std::size_t>& chain, const std::string& where) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const Directory& directory = structure_.directories[chain[i]];
    const std::string name = chain.size() == 1 ? where : fmt::format("{}page {}", where, i + 1);
    if (auto added = add_page(chain[i]); !added) {
      Error error = std::move(added).error();
      if (!name.empty()) error = within(name, std::move(error)).error();
      const bool may_keep = error.code == Errc::unsupported && is_auxiliary_image(directory, values_);
      if (!may_keep) return std::unexpected(std::move(error));
      structure_.notes.push_back(fmt::format("an auxiliary image was copied unchanged ({})", error.text()));
      if (!first_unsupported_) first_unsupported_ = std::move(error);
    }
    for (const Link& link : directory.links) {
      if (link.tag != tag::kSubIfds) continue;
      for (std::size_t k = 0; k < link.chains.size(); ++k) {
        const std::string prefix = name.empty() ? "" : name + ", ";
        ECE465_TRY(add_pages(link.chains[k], fmt::format("{}sub-image {}", prefix, k + 1)));
      }
    }
  }
  return {};
}

Result<void> Reader::add_page(std::size_t directory) {
  const Directory& tags = structure_.directories[directory];
  if (!has_image(tags)) return fail(Errc::unsupported, "the directory has no image");
  Page page{.directory = directory, .spec = {}, .plan = {}, .coding = {}};
  ECE465_ASSIGN(page.spec, read_page_spec(tags, values_, options_.limits));
  const PageSpec& spec = page.spec;
  if (!spec.jpeg() && spec.compression != compression::kNone && !is_supported_by_libtiff(spec.compression)) {
    return fail(Errc::unsupported, "{} is not supported by this build of libtiff", compression_name(spec.compression));
  }
  if (spec.ycbcr()) {
    ECE465_ASSIGN(page.coding, read_color_coding(tags, values_));
  }
  page.plan = plan_blocks(spec, options_);
  infos_.push_back(describe(spec, page.plan));
  if (spec.palette()) {
    ECE465_ASSIGN(infos_.back().palette, read_palette(tags, values_));
    infos_.back().palette_bits = 16;
  }
  pages_.push_back(page);
  return {};
}

Result<std::shared_ptr<const SegmentTable>> Reader::table(std::size_t page) const {
  const std::scoped_lock lock(mutex_);
  if (last_table_.table && last_table_.page == page) return last_table_.table;
  ECE465_ASSIGN(auto table, SegmentTable::read(directory(page), pages_[page].spec, values_));
  last_table_ = {.page = page, .table = std::make_shared<const SegmentTable>(std::move(table))};
  return last_table_.table;
}

Result<std::unique_ptr<BlockReader>> Reader::read_page(std::size_t index) const {
  const Page& page = pages_[index];
  ECE465_ASSIGN(auto segments, table(index));
  PageSource from{
      .file = source_, .spec = page.spec, .plan = page.plan, .coding = page.coding, .table = std::move(segments)};
  if (page.plan.bands) return make_band_reader(std::move(from));
  if (page.spec.jpeg()) return make_jpeg_reader(std::move(from), directory(index), values_, options_.limits);
  return make_segment_reader(std::move(from));
}

Result<Metadata> Reader::metadata() const { return read_metadata(structure_, values_, options_.limits); }

Result<std::unique_ptr<ImageReader>> open(const ByteSource& source, const ReadOptions& options) {
  ECE465_ASSIGN(auto reader, Reader::open(source, options));
  return reader;
}

}  // namespace ece465::image::tiff
