#include "ece465/image/page_strips.hpp"

#include <algorithm>
#include <utility>

#include "block_planes.hpp"
#include "page_strips_impl.hpp"

namespace ece465::image {

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
      cut_(conversion_.source(), layout_.sample_bytes(), std::max<std::uint64_t>(1, options.strip_bytes)) {
  planes = conversion_.source().palette ? 1 : plane_count(layout_, conversion_.channels());
}

/// As `equalize` plans, but that groups are in memory between the two halves.
Result<void> PageStrips::Impl::plan(std::uint64_t encoder_bytes) {
  const PageInfo& source = conversion_.source();
  // A block on its way may exist three times: as read, as converted, and encoded.
  constexpr std::uint64_t kCopies = 3;
  const std::uint64_t per_thread = std::max<std::uint64_t>(1, kCopies * source.block_bytes + source.thread_bytes);
  const std::uint64_t group = cut_.most_blocks() * source.block_bytes;
  const std::uint64_t strip_list = cut_.groups() * (sizeof(Group) + planes * (sizeof(Strip) + 2 * kPlaces));
  const std::uint64_t apart = std::max(source.decoder_bytes, encoder_bytes) + source.total_bytes + strip_list;
  const std::uint64_t together = source.decoder_bytes + encoder_bytes + strip_list;
  const auto threads_beside = [&](std::uint64_t fixed, std::uint64_t each) -> std::uint64_t {
    if (fixed >= options_.memory_bytes) return 0;
    return std::min<std::uint64_t>(std::max(1U, options_.threads), (options_.memory_bytes - fixed) / each);
  };
  const std::uint64_t wanted = std::max<std::uint64_t>(1, threads_beside(together, per_thread + group));
  if (!source.cheap_to_reread && threads_beside(apart, per_thread) >= wanted) {
    residency = Residency::kept;
  } else {
    residency = source.any_order ? Residency::on_demand : Residency::streamed;
  }
  const std::uint64_t fixed = keeps() ? apart : together, each = keeps() ? per_thread : per_thread + group;
  threads_ = static_cast<unsigned>(keeps() ? wanted : threads_beside(fixed, each));
  if (threads_ == 0) {
    const std::uint64_t least = std::min(apart + per_thread, together + per_thread + group);
    return fail(Errc::too_large, "needs about {} MiB of memory; the budget allows {} MiB", (least >> 20) + 1,
                options_.memory_bytes >> 20);
  }
  memory_bytes = fixed + threads_ * per_thread;
  group_bytes = keeps() ? 0 : group;
  readers_.emplace(reader_, page_, conversion_, threads_);
  return {};
}

/// A header of 200 bytes may promise a million by a million pixels: a list of its strips takes seconds and 300 MB, and
/// then the first of them turns out not to be there. So the ends of a very long page are read before it is cut.
Result<void> PageStrips::Impl::check_ends() const {
  constexpr std::uint64_t kVeryLong = 4096;  // strips, several gigabytes
  if (residency != Residency::on_demand || cut_.groups() < kVeryLong) return {};
  ECE465_ASSIGN(const auto blocks, reader_.read_page(page_));
  Block block;
  ECE465_TRY(blocks->read(0, block));
  return blocks->read(conversion_.source().block_count - 1, block);
}

Result<void> PageStrips::Impl::cut() {
  if (cut_.groups() > options_.limits.max_blocks / planes) {
    return fail(Errc::too_large, "{} strips; at most {} are handled: choose larger ones", cut_.groups() * planes,
                options_.limits.max_blocks);
  }
  ECE465_TRY(check_ends());
  groups_.resize(cut_.groups());
  strips.reserve(groups_.size() * planes);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const GroupShape shape = cut_.group(g);
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
  const PageInfo& source = conversion_.source();
  constexpr std::uint64_t kLeastForPool = std::uint64_t{4} << 20;
  constexpr std::uint64_t kAlignment = 64;  // between two blocks
  if (keeps() && source.total_bytes >= kLeastForPool)
    pool_.emplace(source.total_bytes + kAlignment * source.block_count);
  return {};
}

// ---- The public face: memory running out becomes an error here

PageStrips::PageStrips(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PageStrips::~PageStrips() = default;

Result<std::unique_ptr<PageStrips>> PageStrips::open(const ImageReader& reader, std::size_t page, Format output,
                                                     const PageStripsOptions& options) {
  return guarded([&]() -> Result<std::unique_ptr<PageStrips>> {
    const PageInfo& info = reader.pages()[page];
    const bool converting = reader.format() != output;
    auto impl = std::make_unique<Impl>(reader, page, Conversion(info, options.channels, converting, output), options);
    ECE465_TRY(impl->plan(converting ? 0 : info.encoder_bytes));
    ECE465_TRY(impl->cut());
    return std::unique_ptr<PageStrips>(new PageStrips(std::move(impl)));
  });
}

const std::vector<PageStrips::Strip>& PageStrips::strips() const { return impl_->strips; }
std::size_t PageStrips::planes() const { return impl_->planes; }
std::size_t PageStrips::groups() const { return impl_->groups(); }
unsigned PageStrips::bits() const { return impl_->bits(); }
bool PageStrips::maps_remotely() const { return impl_->maps_remotely(); }
PageStrips::Residency PageStrips::residency() const { return impl_->residency; }
bool PageStrips::loads_in_order() const { return !impl_->conversion().source().any_order; }
std::uint64_t PageStrips::memory_bytes() const { return impl_->memory_bytes; }
std::uint64_t PageStrips::group_bytes() const { return impl_->group_bytes; }
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
Result<void> PageStrips::settle() {
  return guarded([&] { return impl_->settle(); });
}

const std::vector<Histogram>& PageStrips::before() const { return impl_->histograms; }
const std::vector<Table>& PageStrips::tables() const { return impl_->tables; }
Bytes PageStrips::wire_table(std::size_t plane) const { return impl_->wire_table(plane); }
Result<void> PageStrips::check_mapped(std::size_t strip, Bytes mapped) const {
  return guarded([&] { return impl_->check_mapped(strip, mapped); });
}
Result<void> PageStrips::scatter(std::size_t strip, Bytes mapped) { return impl_->scatter(strip, mapped, nullptr); }
Result<void> PageStrips::scatter_swap(std::size_t strip, Buffer& mapped) {
  return impl_->scatter(strip, mapped.span(), &mapped);
}
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
