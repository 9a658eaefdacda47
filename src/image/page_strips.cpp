#include "ece465/image/page_strips.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

#include "block_planes.hpp"
#include "conversion.hpp"
#include "ece465/image/samples.hpp"
#include "page_strips_cut.hpp"
#include "page_strips_readers.hpp"
#include "page_strips_writers.hpp"

namespace ece465::image {
namespace {

// Samples leave as they lie in memory.
static_assert(std::endian::native == std::endian::little, "16-bit samples would have to be swapped for the wire");

/// Places at which a strip that comes back is looked at.
constexpr std::size_t kPlaces = 64;

/// Place `i` of `n`: one in each n-th of the samples, somewhere in it.
std::uint64_t place(std::size_t strip, std::size_t i, std::size_t n, std::uint64_t samples) {
  const auto start = [&](std::size_t k) { return samples / n * k + samples % n * k / n; };
  // The mixing function of SplitMix64 (Steele, Lea, Flood 2014).
  std::uint64_t mixed = (std::uint64_t{strip} * kPlaces + i + 1) * 0x9E3779B97F4A7C15;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  mixed ^= mixed >> 31;
  return start(i) + mixed % (start(i + 1) - start(i));
}

/// Memory is budgeted, but the machine may have less than the budget.
template <class F>
auto guarded(F&& f) -> decltype(f()) {
  try {
    return f();
  } catch (const std::bad_alloc&) {
    return fail(Errc::too_large, "out of memory: the memory budget may allow more than there is");
  }
}

std::uint16_t level_at(Bytes samples, unsigned bits, std::uint64_t index) {
  if (bits == 8) return std::to_integer<std::uint16_t>(samples[index]);
  return ece465::load<std::uint16_t>(&samples[2 * index], std::endian::little);
}

}  // namespace

ReadOptions strips_read_options(Format input, Format output, const PageStripsOptions& options) {
  const bool converting = input != output;
  return {.channels = options.channels,
          .interleaved = converting,
          .block_bytes = converting ? 0 : static_cast<std::size_t>(options.strip_bytes),
          .limits = options.limits};
}

class PageStrips::Impl {
 public:
  Impl(const ImageReader& reader, std::size_t page, Conversion conversion, const PageStripsOptions& options);
  Result<void> plan(std::uint64_t encoder_bytes);
  [[nodiscard]] Result<void> check_ends() const;
  Result<void> cut();

  Result<void> load(std::size_t index, bool to_scatter);
  void release(std::size_t index);
  Result<Bytes> gather(std::size_t strip, Buffer& scratch);
  Result<void> count_locally(std::size_t strip, std::span<std::uint64_t> counts);
  Result<void> check_counts(std::size_t strip, std::span<const std::uint64_t> counts);
  void add_counts(std::size_t plane, std::span<const std::uint64_t> counts);
  Result<void> settle();
  Result<void> check_mapped(std::size_t strip, Bytes mapped);
  Result<void> scatter(std::size_t strip, Bytes mapped, Buffer* may_be_taken);
  Result<void> map_locally(std::size_t strip);
  Result<void> begin_write(ImageWriter& writer);
  Result<void> write(std::size_t index);
  Result<void> finish_write();
  void abandon() { writers_.abandon(); }

  [[nodiscard]] const Conversion& conversion() const { return conversion_; }
  [[nodiscard]] Bytes wire_table(std::size_t plane) const {
    return plane < wire_tables.size() ? Bytes(wire_tables[plane]) : Bytes();
  }
  [[nodiscard]] bool maps_remotely() const { return !conversion_.source().palette; }
  [[nodiscard]] unsigned bits() const { return layout_.bits; }
  [[nodiscard]] std::size_t groups() const { return cut_.groups(); }
  [[nodiscard]] WriteOrder write_order() const { return writers_.order(); }

  // What PageStrips' accessors tell.
  std::vector<Strip> strips;
  std::size_t planes = 1;
  Residence residence = Residence::on_demand;
  std::uint64_t memory_bytes = 0, group_bytes = 0;
  std::vector<Histogram> histograms;
  std::vector<Table> tables;
  std::vector<std::vector<std::byte>> wire_tables;

 private:
  /// What there is of a group in memory.
  enum class Content : std::uint8_t {
    none,
    changing,  // in one thread's hands
    samples,   // as read, or mapped in part or whole
    results,   // mapped samples only: nothing had to be read for them
  };
  struct Group {
    Content content = Content::none;
    /// A mapped strip is all that there is to it: one block, one sample a pixel, nothing between rows or behind them.
    bool is_bare = false;
    std::uint8_t scattered = 0;  // a bit for each plane
    std::uint32_t holds = 0;
    std::vector<Block> blocks;
    std::vector<std::uint16_t> levels;  // at each strip's places, of a group that may leave memory
  };

  [[nodiscard]] bool keeps() const { return residence == Residence::kept; }
  [[nodiscard]] Group& group_of(std::size_t strip) { return groups_[strip / planes]; }
  [[nodiscard]] std::uint8_t bit_of(std::size_t strip) const { return static_cast<std::uint8_t>(1U << strip % planes); }
  [[nodiscard]] bool is_contiguous(const Group& group) const;

  std::vector<Block> take_blocks(std::size_t count);
  void give_back(std::vector<Block>& blocks);
  Result<void> fill_up_to(std::size_t index);
  Result<void> fill(std::size_t index, Group& group);
  Result<Group*> unmapped(std::size_t strip);
  [[nodiscard]] std::uint16_t read_level(const Group& group, std::size_t strip, std::uint64_t index) const;
  [[nodiscard]] std::vector<std::uint16_t> read_levels(const Group& group, std::size_t strip) const;
  Result<std::vector<std::uint16_t>> known_levels(std::size_t strip);
  [[nodiscard]] std::size_t places(std::size_t strip) const {
    return static_cast<std::size_t>(std::min<std::uint64_t>(kPlaces, strips[strip].samples));
  }
  void put(Group& group, std::size_t strip, Bytes mapped, Buffer* may_be_taken);
  void shape_bare(Group& group, std::size_t strip);

  PageStripsOptions options_;
  const ImageReader& reader_;
  std::size_t page_;
  unsigned threads_ = 1;
  Conversion conversion_;
  PixelLayout layout_;  // of the samples that are counted and mapped
  PageCut cut_;
  std::optional<Pool> pool_;  // what kept blocks are made of
  std::optional<PageReaders> readers_;
  GroupWriters writers_;
  bool settled_ = false;
  std::mutex filling_;      // guards filled_, and is taken before the other
  std::size_t filled_ = 0;  // groups, where all are kept and come in order
  std::mutex mutex_;        // guards what follows; but a group's blocks belong to who holds it
  std::condition_variable changed_;
  std::vector<Group> groups_;
  std::size_t loaded_ = 0;    // groups, ever
  std::size_t written_ = 0;   // groups
  std::vector<Block> spare_;  // blocks to use again
};

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
    residence = Residence::kept;
  } else {
    residence = source.any_order ? Residence::on_demand : Residence::streamed;
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
  if (residence != Residence::on_demand || cut_.groups() < kVeryLong) return {};
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

// ---- Groups in memory

std::vector<Block> PageStrips::Impl::take_blocks(std::size_t count) {
  std::vector<Block> blocks;
  blocks.reserve(count);
  if (!pool_) {
    const std::scoped_lock lock(mutex_);
    for (; blocks.size() < count && !spare_.empty(); spare_.pop_back()) blocks.push_back(std::move(spare_.back()));
  }
  while (blocks.size() < count) {
    Block& block = blocks.emplace_back();
    if (pool_) block.pixels = Buffer(*pool_);
  }
  return blocks;
}

/// Touching fresh memory costs as much as the work done on it. The lock is held.
void PageStrips::Impl::give_back(std::vector<Block>& blocks) {
  if (!keeps()) std::ranges::move(blocks, std::back_inserter(spare_));
  blocks = std::vector<Block>();
}

Result<void> PageStrips::Impl::load(std::size_t index, bool to_scatter) {
  Group& group = groups_[index];
  std::unique_lock lock(mutex_);
  const auto is_enough = [&] {
    if (group.content == Content::samples) return true;
    return to_scatter && group.content != Content::changing && group.is_bare;
  };
  changed_.wait(lock, [&] { return group.content != Content::changing; });
  if (is_enough()) {
    ++group.holds;
    return {};
  }
  if (group.content == Content::results || group.scattered != 0) {
    return fail(Errc::internal, "group {} was mapped already", index);
  }
  if (keeps() && !conversion_.source().any_order) {
    lock.unlock();
    ECE465_TRY(fill_up_to(index));
    lock.lock();
    ++group.holds;
    return {};
  }
  group.content = Content::changing;
  lock.unlock();
  auto done = guarded([&] { return fill(index, group); });
  lock.lock();
  group.content = done ? Content::samples : Content::none;
  if (done) ++group.holds;
  const bool all = done && ++loaded_ == groups_.size();
  lock.unlock();
  changed_.notify_all();
  if (all && keeps()) readers_->close();
  return done;
}

/// One decoder, which goes forward only, and place for all that it passes: threads need not come in order.
Result<void> PageStrips::Impl::fill_up_to(std::size_t index) {
  const std::scoped_lock one_at_a_time(filling_);
  for (; filled_ <= index; ++filled_) {
    ECE465_TRY(guarded([&] { return fill(filled_, groups_[filled_]); }));
    const std::scoped_lock lock(mutex_);
    groups_[filled_].content = Content::samples;
  }
  return {};
}

Result<void> PageStrips::Impl::fill(std::size_t index, Group& group) {
  const GroupShape shape = cut_.group(index);
  std::vector<Block> blocks = take_blocks(shape.blocks);
  ECE465_TRY(readers_->read(shape.first_block, blocks));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const GroupShape expected = cut_.block(shape.first_block + i);
    if (blocks[i].width != expected.columns || blocks[i].height != expected.rows) {
      return fail(Errc::internal, "block {} is {} x {} pixels instead of {} x {}", shape.first_block + i,
                  blocks[i].width, blocks[i].height, expected.columns, expected.rows);
    }
  }
  group.blocks = std::move(blocks);
  const std::size_t strip = index * planes;
  group.is_bare = maps_remotely() && is_contiguous(group) && group.blocks[0].pixels.size() == strips[strip].bytes;
  if (keeps() || !group.levels.empty()) return {};
  for (std::size_t plane = 0; plane < planes; ++plane) {
    const auto levels = read_levels(group, strip + plane);
    group.levels.insert(group.levels.end(), levels.begin(), levels.end());
  }
  return {};
}

void PageStrips::Impl::release(std::size_t index) {
  const std::scoped_lock lock(mutex_);
  Group& group = groups_[index];
  assert(group.holds > 0);
  if (--group.holds > 0 || keeps() || group.content != Content::samples || group.scattered != 0) return;
  give_back(group.blocks);
  group.content = Content::none;
}

// ---- Counting

/// The group's one strip lies in memory as it travels.
bool PageStrips::Impl::is_contiguous(const Group& group) const {
  if (group.blocks.size() != 1 || layout_.samples() != 1) return false;
  return group.blocks[0].stride == group.blocks[0].width * layout_.sample_bytes();
}

/// The strip's group, its samples as they were read.
Result<PageStrips::Impl::Group*> PageStrips::Impl::unmapped(std::size_t strip) {
  const std::scoped_lock lock(mutex_);
  Group& group = group_of(strip);
  if (group.content != Content::samples || (group.holds == 0 && !keeps())) {
    return fail(Errc::internal, "group {} is not loaded", strip / planes);
  }
  if ((group.scattered & bit_of(strip)) != 0) return fail(Errc::internal, "strip {} was mapped already", strip);
  return &group;
}

Result<Bytes> PageStrips::Impl::gather(std::size_t strip, Buffer& scratch) {
  ECE465_ASSIGN(const Group* const group, unmapped(strip));
  const auto bytes = static_cast<std::size_t>(strips[strip].bytes);
  if (is_contiguous(*group)) return group->blocks[0].pixels.span().first(bytes);
  scratch.resize(bytes);
  std::byte* to = scratch.data();
  for (const Block& block : group->blocks) {
    take_plane(block, layout_, conversion_.channels(), strips[strip].plane, to);
    to += std::size_t{block.width} * block.height * layout_.sample_bytes();
  }
  return std::as_const(scratch).span();
}

Result<void> PageStrips::Impl::count_locally(std::size_t strip, std::span<std::uint64_t> counts) {
  ECE465_ASSIGN(const Group* const group, unmapped(strip));
  if (counts.size() != histograms[0].counts().size()) {
    return fail(Errc::internal, "{} counts for samples of {} bits", counts.size(), layout_.bits);
  }
  for (const Block& block : group->blocks) {
    count_plane(block, layout_, conversion_.channels(), strips[strip].plane, counts);
  }
  return {};
}

std::uint16_t PageStrips::Impl::read_level(const Group& group, std::size_t strip, std::uint64_t index) const {
  for (const Block& block : group.blocks) {
    const std::uint64_t samples = std::uint64_t{block.width} * block.height;
    if (index < samples) return plane_level(block, layout_, conversion_.channels(), strips[strip].plane, index);
    index -= samples;
  }
  return 0;  // there is no such place
}

std::vector<std::uint16_t> PageStrips::Impl::read_levels(const Group& group, std::size_t strip) const {
  std::vector<std::uint16_t> levels(places(strip));
  for (std::size_t i = 0; i < levels.size(); ++i) {
    levels[i] = read_level(group, strip, place(strip, i, levels.size(), strips[strip].samples));
  }
  return levels;
}

/// The levels at the strip's places, before it is mapped.
Result<std::vector<std::uint16_t>> PageStrips::Impl::known_levels(std::size_t strip) {
  {
    const std::scoped_lock lock(mutex_);
    const Group& group = group_of(strip);
    if (!group.levels.empty() && (group.scattered & bit_of(strip)) == 0) {
      const auto first = group.levels.begin() + static_cast<std::ptrdiff_t>(strip % planes * places(strip));
      return std::vector<std::uint16_t>(first, first + static_cast<std::ptrdiff_t>(places(strip)));
    }
  }
  ECE465_ASSIGN(const Group* const group, unmapped(strip));
  return read_levels(*group, strip);
}

Result<void> PageStrips::Impl::check_counts(std::size_t strip, std::span<const std::uint64_t> counts) {
  if (counts.size() != histograms[0].counts().size()) {
    return fail(Errc::corrupt, "{} counts for samples of {} bits", counts.size(), layout_.bits);
  }
  std::uint64_t left = strips[strip].samples;
  for (const std::uint64_t count : counts) {
    if (count > left) return fail(Errc::corrupt, "counts of more samples than {}", strips[strip].samples);
    left -= count;
  }
  if (left != 0)
    return fail(Errc::corrupt, "counts of {} samples instead of {}", strips[strip].samples - left,
                strips[strip].samples);
  ECE465_ASSIGN(auto levels, known_levels(strip));
  std::ranges::sort(levels);
  for (auto at = levels.begin(); at != levels.end();) {
    const auto end = std::find_if(at, levels.end(), [&](std::uint16_t level) { return level != *at; });
    if (counts[*at] < static_cast<std::uint64_t>(end - at)) {
      return fail(Errc::corrupt, "counts that are not those of the samples: level {} occurs more often", *at);
    }
    at = end;
  }
  return {};
}

void PageStrips::Impl::add_counts(std::size_t plane, std::span<const std::uint64_t> counts) {
  assert(!settled_ && counts.size() == histograms[plane].counts().size());
  const auto sum = histograms[plane].counts();
  std::transform(counts.begin(), counts.end(), sum.begin(), sum.begin(), std::plus<std::uint64_t>());
}

Result<void> PageStrips::Impl::settle() {
  const std::uint64_t samples = std::uint64_t{conversion_.source().width} * conversion_.source().height;
  for (const Histogram& histogram : histograms) {
    if (settled_ || histogram.total() != samples) {
      return fail(Errc::internal, "{} of {} samples were counted", histogram.total(), samples);
    }
  }
  settled_ = true;
  conversion_.settle(histograms, tables);
  for (const Table& table : conversion_.applied()) wire_tables.push_back(table_bytes(table, layout_.bits));
  return {};
}

// ---- Mapping

Result<void> PageStrips::Impl::check_mapped(std::size_t strip, Bytes mapped) {
  if (!settled_ || !maps_remotely()) return fail(Errc::internal, "there is no table to map strip {} with", strip);
  if (mapped.size() != strips[strip].bytes) {
    return fail(Errc::corrupt, "{} mapped bytes instead of {}", mapped.size(), strips[strip].bytes);
  }
  ECE465_ASSIGN(const auto levels, known_levels(strip));
  const Table& table = conversion_.applied()[strips[strip].plane];
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const std::uint64_t at = place(strip, i, levels.size(), strips[strip].samples);
    const std::uint16_t level = level_at(mapped, layout_.bits, at);
    if (level != table[levels[i]]) {
      return fail(Errc::corrupt, "level {} was mapped to {} instead of {}", levels[i], level, table[levels[i]]);
    }
  }
  return {};
}

Result<void> PageStrips::Impl::scatter(std::size_t strip, Bytes mapped, Buffer* may_be_taken) {
  if (!settled_ || !maps_remotely()) return fail(Errc::internal, "strip {} cannot be mapped now", strip);
  if (mapped.size() != strips[strip].bytes) {
    return fail(Errc::internal, "{} mapped bytes instead of {}", mapped.size(), strips[strip].bytes);
  }
  Group& group = group_of(strip);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return group.content != Content::changing; });
  if (group.holds == 0) return fail(Errc::internal, "group {} is not loaded", strip / planes);
  if ((group.scattered & bit_of(strip)) != 0) return fail(Errc::internal, "strip {} was mapped already", strip);
  const bool is_fresh = group.content == Content::none;
  if (is_fresh) group.content = Content::changing;
  lock.unlock();
  auto done = guarded([&]() -> Result<void> {
    if (is_fresh) shape_bare(group, strip);
    put(group, strip, mapped, may_be_taken);
    return {};
  });
  lock.lock();
  if (is_fresh) group.content = done ? Content::results : Content::none;
  if (done) group.scattered |= bit_of(strip);
  lock.unlock();
  changed_.notify_all();
  return done;
}

/// A bare group's block, for what is mapped to come into.
void PageStrips::Impl::shape_bare(Group& group, std::size_t strip) {
  group.blocks = take_blocks(1);
  Block& block = group.blocks[0];
  block.width = strips[strip].columns;
  block.height = strips[strip].rows;
  block.stride = block.width * layout_.sample_bytes();
}

void PageStrips::Impl::put(Group& group, std::size_t strip, Bytes mapped, Buffer* may_be_taken) {
  // A buffer made of the pool would not outlive it in other hands.
  if (group.is_bare && may_be_taken != nullptr && !pool_) {
    group.blocks[0].pixels.swap(*may_be_taken);
    return;
  }
  if (group.is_bare) group.blocks[0].pixels.resize(mapped.size());
  const std::byte* from = mapped.data();
  for (Block& block : group.blocks) {
    put_plane(block, layout_, conversion_.channels(), strips[strip].plane, from);
    from += std::size_t{block.width} * block.height * layout_.sample_bytes();
  }
}

Result<void> PageStrips::Impl::map_locally(std::size_t strip) {
  if (!settled_) return fail(Errc::internal, "there is no table to map strip {} with", strip);
  ECE465_ASSIGN(Group* const group, unmapped(strip));
  for (Block& block : group->blocks) {
    if (planes == 1) {
      conversion_.map(block);
    } else {
      map_color(block, layout_, strips[strip].plane, wire_tables[strips[strip].plane].data());
    }
  }
  const std::scoped_lock lock(mutex_);
  group->scattered |= bit_of(strip);
  return {};
}

// ---- Writing

Result<void> PageStrips::Impl::begin_write(ImageWriter& writer) {
  if (!settled_ || writers_.is_open()) return fail(Errc::internal, "the page cannot be written now");
  return writers_.begin(writer, page_, conversion_, threads_);
}

Result<void> PageStrips::Impl::write(std::size_t index) {
  Group& group = groups_[index];
  std::vector<Block> blocks;
  {
    const std::scoped_lock lock(mutex_);
    const bool is_there = group.content == Content::samples || group.content == Content::results;
    if (!is_there || group.scattered != (1U << planes) - 1) {
      return fail(Errc::internal, "group {} was not mapped yet", index);
    }
    blocks = std::move(group.blocks);
    group.content = Content::none;
  }
  ECE465_TRY(writers_.write(index, cut_.group(index).first_block, blocks));
  const std::scoped_lock lock(mutex_);
  give_back(blocks);
  ++written_;
  return {};
}

Result<void> PageStrips::Impl::finish_write() {
  if (written_ != groups_.size()) return fail(Errc::internal, "{} of {} groups were written", written_, groups_.size());
  return writers_.finish();
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
PageStrips::Residence PageStrips::residence() const { return impl_->residence; }
bool PageStrips::loads_in_order() const { return !impl_->conversion().source().any_order; }
std::uint64_t PageStrips::memory_bytes() const { return impl_->memory_bytes; }
std::uint64_t PageStrips::group_bytes() const { return impl_->group_bytes; }
const std::vector<std::string>& PageStrips::notes() const { return impl_->conversion().notes(); }

Result<void> PageStrips::load(std::size_t group) { return impl_->load(group, false); }
Result<void> PageStrips::load_to_scatter(std::size_t group) { return impl_->load(group, true); }
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
Result<void> PageStrips::scatter_taking(std::size_t strip, Buffer& mapped) {
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
