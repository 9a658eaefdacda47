#include "ece465/image/page_strips.hpp"

#include <algorithm>
#include <utility>

#include "ece465/base/guarded.hpp"
#include "page_strips_impl.hpp"

namespace ece465::image {
namespace {

/// The number of shares that `items` of `size` bytes make, if each share has at most `max_bytes` but at least one item.
std::size_t share_count(std::size_t items, std::uint64_t size, std::uint64_t max_bytes) {
  const auto per_share = static_cast<std::size_t>(std::clamp<std::uint64_t>(max_bytes / size, 1, items));
  return (items + per_share - 1) / per_share;
}

struct Share {
  std::size_t first, count;
};
/// Share `index` of `shares` about equal ones.
Share share(std::size_t items, std::size_t shares, std::size_t index) {
  const std::size_t first = items * index / shares;
  return {.first = first, .count = items * (index + 1) / shares - first};
}

}  // namespace

// ---- GroupLayout

GroupLayout::GroupLayout(PageInfo page, std::size_t sample_bytes, std::uint64_t strip_bytes) : page_(std::move(page)) {
  page_.palette.reset();
  const std::uint64_t row_bytes = std::uint64_t{page_.rows_per_block} * page_.width * sample_bytes;
  down_ = share_count(block_rows(), row_bytes, strip_bytes);
  if (page_.blocks_across > 1 && row_bytes > strip_bytes) {
    const std::uint64_t block_bytes = std::uint64_t{page_.rows_per_block} * columns_per_block() * sample_bytes;
    across_ = share_count(page_.blocks_across, block_bytes, strip_bytes);
  }
}

std::uint32_t GroupLayout::columns_per_block() const {
  return page_.blocks_across > 1 ? page_.columns_per_block : page_.width;
}

GroupShape GroupLayout::group(std::size_t index) const {
  const Share rows = share(block_rows(), down_, index / across_);
  const Share columns = share(page_.blocks_across, across_, index % across_);
  GroupShape shape;
  // A group has either all columns or one row, so its blocks have consecutive numbers.
  shape.first_block = rows.first * page_.blocks_across + columns.first;
  shape.blocks = rows.count * columns.count;
  const GroupShape first = block(shape.first_block), last = block(shape.first_block + shape.blocks - 1);
  shape.first_row = first.first_row;
  shape.rows = last.first_row + last.rows - first.first_row;
  shape.first_column = first.first_column;
  shape.columns = last.first_column + last.columns - first.first_column;
  return shape;
}

GroupShape GroupLayout::block(std::size_t index) const {
  const auto row = static_cast<std::uint32_t>(index / page_.blocks_across);
  const auto column = static_cast<std::uint32_t>(index % page_.blocks_across);
  GroupShape shape{.first_block = index, .blocks = 1};
  shape.first_row = row * page_.rows_per_block;
  shape.rows = std::min(page_.rows_per_block, page_.height - shape.first_row);
  shape.first_column = column * columns_per_block();
  shape.columns = std::min(columns_per_block(), page_.width - shape.first_column);
  return shape;
}

std::size_t GroupLayout::max_blocks() const {
  const auto largest = [](std::size_t items, std::size_t shares) { return (items + shares - 1) / shares; };
  return largest(block_rows(), down_) * largest(page_.blocks_across, across_);
}

// ---- Opening a page

ReadOptions strips_read_options(Format input, Format output, const PageStripsOptions& options) {
  const bool converting = input != output;
  return {.channels = options.channels,
          .interleaved = converting,
          .block_bytes = converting ? 0 : static_cast<std::size_t>(options.strip_bytes),
          .limits = options.limits};
}

PageStrips::Impl::Impl(const ImageReader& reader, std::size_t page, Conversion conversion,
                       const PageStripsOptions& options)
    : options_(options),
      reader_(reader),
      page_(page),
      conversion_(std::move(conversion)),
      layout_(conversion_.plane_layout()),
      group_layout_(conversion_.source(), layout_.sample_bytes(), std::max<std::uint64_t>(1, options.strip_bytes)) {
  planes = conversion_.source().palette ? 1 : plane_count(layout_, conversion_.channels());
}

Result<void> PageStrips::Impl::plan(std::uint64_t encoder_bytes) {
  const PageInfo& source = conversion_.source();
  // A strip's share of the list of strips: two bytes for each of its 64 sampled levels.
  const std::uint64_t per_strip = sizeof(Strip) + 2 * kSampledPositions;
  ECE465_ASSIGN(const MemoryPlan memory,
                plan_memory(source, {.budget_bytes = options_.memory_bytes,
                                     .threads = options_.threads,
                                     .encoder_bytes = encoder_bytes,
                                     .overhead_bytes = groups() * (sizeof(Group) + planes * per_strip),
                                     .streaming_bytes = group_layout_.max_blocks() * source.block_bytes}));
  if (memory.keep_blocks) {
    residency = Residency::kept;
  } else {
    residency = source.any_order ? Residency::on_demand : Residency::streamed;
  }
  threads_ = memory.threads;
  memory_bytes = memory.base_bytes;
  readers_.emplace(reader_, page_, conversion_, threads_);
  return {};
}

/// A file of 200 bytes can claim a million by a million pixels. Listing the strips of such a page takes seconds and
/// 300 MB, only to find that the first is missing. So the first and last block of a very long page are read before.
Result<void> PageStrips::Impl::check_ends() const {
  constexpr std::uint64_t kVeryLong = 4096;  // groups: 4 GiB at the default strip size
  if (residency != Residency::on_demand || groups() < kVeryLong) return {};
  ECE465_ASSIGN(const auto blocks, reader_.read_page(page_));
  Block block;
  ECE465_TRY(blocks->read(0, block));
  return blocks->read(conversion_.source().block_count - 1, block);
}

Result<void> PageStrips::Impl::list_strips() {
  if (groups() > options_.limits.max_blocks / planes) {
    return fail(Errc::too_large, "{} strips; the limit is {}: choose larger strips", groups() * planes,
                options_.limits.max_blocks);
  }
  ECE465_TRY(check_ends());
  groups_.resize(groups());
  strips.reserve(groups_.size() * planes);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const GroupShape shape = group_layout_.group(g);
    for (std::size_t plane = 0; plane < planes; ++plane) {
      strips.push_back({.plane = static_cast<std::uint32_t>(plane),
                        .group = static_cast<std::uint32_t>(g),
                        .first_row = shape.first_row,
                        .rows = shape.rows,
                        .first_column = shape.first_column,
                        .columns = shape.columns,
                        .samples = shape.samples(),
                        .bytes = shape.samples() * layout_.sample_bytes()});
    }
  }
  histograms.assign(planes, Histogram(layout_.bits));
  if (keeps()) pool_ = make_block_pool(conversion_.source());
  return {};
}

// ---- The public methods: a failed allocation becomes an error here

PageStrips::PageStrips(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PageStrips::~PageStrips() = default;

Result<std::unique_ptr<PageStrips>> PageStrips::open(const ImageReader& reader, std::size_t page, Format output,
                                                     const PageStripsOptions& options) {
  return guarded([&]() -> Result<std::unique_ptr<PageStrips>> {
    const PageInfo& info = reader.pages()[page];
    const bool converting = reader.format() != output;
    auto impl = std::make_unique<Impl>(reader, page, Conversion(info, options.channels, converting, output), options);
    ECE465_TRY(impl->plan(converting ? 0 : info.encoder_bytes));
    ECE465_TRY(impl->list_strips());
    return std::unique_ptr<PageStrips>(new PageStrips(std::move(impl)));
  });
}

const std::vector<PageStrips::Strip>& PageStrips::strips() const { return impl_->strips; }
std::size_t PageStrips::planes() const { return impl_->planes; }
std::size_t PageStrips::groups() const { return impl_->groups(); }
unsigned PageStrips::bits() const { return impl_->bits(); }
bool PageStrips::maps_remotely() const { return impl_->maps_remotely(); }
PageStrips::Residency PageStrips::residency() const { return impl_->residency; }
std::uint64_t PageStrips::memory_bytes() const { return impl_->memory_bytes; }
const std::vector<std::string>& PageStrips::notes() const { return impl_->conversion().notes(); }

Result<void> PageStrips::load(std::size_t group) { return impl_->load(group, false); }
Result<void> PageStrips::load_for_scatter(std::size_t group) { return impl_->load(group, true); }
void PageStrips::release(std::size_t group) { impl_->release(group); }

Result<Bytes> PageStrips::gather(std::size_t strip, Buffer& scratch) const {
  return guarded([&] { return impl_->gather(strip, scratch); });
}
Result<void> PageStrips::count_locally(std::size_t strip, std::span<std::uint64_t> counts) const {
  return guarded([&] { return impl_->count_locally(strip, counts); });
}
Result<void> PageStrips::check_counts(std::size_t strip, std::span<const std::uint64_t> counts) const {
  return guarded([&] { return impl_->check_counts(strip, counts); });
}
void PageStrips::add_counts(std::size_t plane, std::span<const std::uint64_t> counts) {
  impl_->add_counts(plane, counts);
}
Result<void> PageStrips::finalize() {
  return guarded([&] { return impl_->finalize(); });
}

const std::vector<Histogram>& PageStrips::before() const { return impl_->histograms; }
const std::vector<Table>& PageStrips::tables() const { return impl_->tables; }
Bytes PageStrips::wire_table(std::size_t plane) const { return impl_->wire_table(plane); }
Result<void> PageStrips::check_mapped(std::size_t strip, Bytes mapped) const {
  return guarded([&] { return impl_->check_mapped(strip, mapped); });
}
Result<void> PageStrips::scatter(std::size_t strip, Buffer& mapped) { return impl_->scatter(strip, mapped); }
Result<void> PageStrips::map_locally(std::size_t strip) {
  return guarded([&] { return impl_->map_locally(strip); });
}

Result<void> PageStrips::begin_write(ImageWriter& writer) {
  return guarded([&] { return impl_->begin_write(writer); });
}
PageStrips::WriteOrder PageStrips::write_order() const { return impl_->write_order(); }
Result<void> PageStrips::write(std::size_t group) {
  return guarded([&] { return impl_->write(group); });
}
Result<void> PageStrips::finish_write() {
  return guarded([&] { return impl_->finish_write(); });
}
void PageStrips::abandon() { impl_->abandon(); }

}  // namespace ece465::image
