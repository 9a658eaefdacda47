#include <algorithm>
#include <bit>
#include <cassert>
#include <functional>
#include <utility>

#include "block_planes.hpp"
#include "ece465/image/samples.hpp"
#include "page_strips_impl.hpp"

namespace ece465::image {
namespace {

// Samples leave as they lie in memory.
static_assert(std::endian::native == std::endian::little, "16-bit samples would have to be swapped for the wire");

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

std::uint16_t level_at(Bytes samples, unsigned bits, std::uint64_t index) {
  if (bits == 8) return std::to_integer<std::uint16_t>(samples[index]);
  return ece465::load<std::uint16_t>(&samples[2 * index], std::endian::little);
}

}  // namespace

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

}  // namespace ece465::image
