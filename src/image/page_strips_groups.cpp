#include <algorithm>
#include <bit>
#include <cassert>
#include <functional>
#include <utility>

#include "block_planes.hpp"
#include "ece465/base/guarded.hpp"
#include "ece465/image/samples.hpp"
#include "page_strips_impl.hpp"

namespace ece465::image {
namespace {

// Samples are sent as they are in memory.
static_assert(std::endian::native == std::endian::little, "16-bit samples would have to be swapped for the wire");

/// Sampled position `i` of `n`: somewhere in the i-th of n equal parts of the strip.
std::uint64_t sampled_position(std::size_t strip, std::size_t i, std::size_t n, std::uint64_t samples) {
  const auto start = [&](std::size_t k) { return samples / n * k + samples % n * k / n; };
  // The mixing function of SplitMix64 (Steele, Lea, Flood 2014).
  std::uint64_t mixed = (std::uint64_t{strip} * kSampledPositions + i + 1) * 0x9E3779B97F4A7C15;
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

/// Keeps the blocks for reuse: first touching fresh memory costs as much as the work done on it. mutex_ is held.
void PageStrips::Impl::recycle(std::vector<Block>& blocks) {
  if (!keeps()) std::ranges::move(blocks, std::back_inserter(spare_));
  blocks = std::vector<Block>();
}

Result<void> PageStrips::Impl::load(std::size_t index, bool to_scatter) {
  Group& group = groups_[index];
  std::unique_lock lock(mutex_);
  const auto is_enough = [&] {
    if (group.content == Content::samples) return true;
    return to_scatter && group.content != Content::changing && group.is_replaceable;
  };
  changed_.wait(lock, [&] { return group.content != Content::changing; });
  if (is_enough()) {
    ++group.users;
    return {};
  }
  if (group.content == Content::results || group.scattered != 0) {
    return fail(Errc::internal, "group {} is already mapped", index);
  }
  if (keeps() && !conversion_.source().any_order) {
    lock.unlock();
    ECE465_TRY(fill_up_to(index));
    lock.lock();
    ++group.users;
    return {};
  }
  group.content = Content::changing;
  lock.unlock();
  auto done = guarded([&] { return fill(index, group); });
  lock.lock();
  group.content = done ? Content::samples : Content::none;
  if (done) ++group.users;
  const bool all = done && ++loaded_ == groups_.size();
  lock.unlock();
  changed_.notify_all();
  if (all && keeps()) readers_->close();
  return done;
}

/// For a forward-only decoder when all groups are kept: loads all up to `index`, so that any order will do.
Result<void> PageStrips::Impl::fill_up_to(std::size_t index) {
  const std::scoped_lock one_at_a_time(fill_mutex_);
  for (; filled_ <= index; ++filled_) {
    ECE465_TRY(guarded([&] { return fill(filled_, groups_[filled_]); }));
    const std::scoped_lock lock(mutex_);
    groups_[filled_].content = Content::samples;
  }
  return {};
}

Result<void> PageStrips::Impl::fill(std::size_t index, Group& group) {
  const GroupShape shape = group_layout_.group(index);
  std::vector<Block> blocks = take_blocks(shape.blocks);
  ECE465_TRY(readers_->read(shape.first_block, blocks));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const GroupShape expected = group_layout_.block(shape.first_block + i);
    if (blocks[i].width != expected.columns || blocks[i].height != expected.rows) {
      return fail(Errc::internal, "block {} is {} x {} pixels instead of {} x {}", shape.first_block + i,
                  blocks[i].width, blocks[i].height, expected.columns, expected.rows);
    }
  }
  group.blocks = std::move(blocks);
  const std::size_t strip = index * planes;
  group.is_replaceable =
      maps_remotely() && is_contiguous(group) && group.blocks[0].pixels.size() == strips[strip].bytes;
  if (keeps() || !group.levels.empty()) return {};
  for (std::size_t plane = 0; plane < planes; ++plane) {
    const auto levels = read_sampled_levels(group, strip + plane);
    group.levels.insert(group.levels.end(), levels.begin(), levels.end());
  }
  return {};
}

void PageStrips::Impl::release(std::size_t index) {
  const std::scoped_lock lock(mutex_);
  Group& group = groups_[index];
  assert(group.users > 0);
  if (--group.users > 0 || keeps() || group.content != Content::samples || group.scattered != 0) return;
  recycle(group.blocks);
  group.content = Content::none;
}

// ---- Counting

/// Whether the group has one strip, whose samples are in memory as they are sent.
bool PageStrips::Impl::is_contiguous(const Group& group) const {
  if (group.blocks.size() != 1 || layout_.samples() != 1) return false;
  return group.blocks[0].stride == group.blocks[0].width * layout_.sample_bytes();
}

/// The strip's group, if it is loaded and the strip is not mapped.
Result<PageStrips::Impl::Group*> PageStrips::Impl::loaded_group(std::size_t strip) {
  const std::scoped_lock lock(mutex_);
  Group& group = group_of(strip);
  if (group.content != Content::samples || (group.users == 0 && !keeps())) {
    return fail(Errc::internal, "group {} is not loaded", strip / planes);
  }
  if ((group.scattered & bit_of(strip)) != 0) return fail(Errc::internal, "strip {} is already mapped", strip);
  return &group;
}

Result<Bytes> PageStrips::Impl::gather(std::size_t strip, Buffer& scratch) {
  ECE465_ASSIGN(const Group* const group, loaded_group(strip));
  const auto bytes = static_cast<std::size_t>(strips[strip].bytes);
  if (is_contiguous(*group)) return group->blocks[0].pixels.span().first(bytes);
  scratch.resize(bytes);
  std::byte* to = scratch.data();
  for (const Block& block : group->blocks) {
    extract_plane(block, layout_, conversion_.channels(), strips[strip].plane, to);
    to += std::size_t{block.width} * block.height * layout_.sample_bytes();
  }
  return std::as_const(scratch).span();
}

Result<void> PageStrips::Impl::count_locally(std::size_t strip, std::span<std::uint64_t> counts) {
  ECE465_ASSIGN(const Group* const group, loaded_group(strip));
  if (counts.size() != histograms[0].counts().size()) {
    return fail(Errc::internal, "{} counts for {}-bit samples", counts.size(), layout_.bits);
  }
  for (const Block& block : group->blocks) {
    count_plane(block, layout_, conversion_.channels(), strips[strip].plane, counts);
  }
  return {};
}

std::size_t PageStrips::Impl::sampled_positions(std::size_t strip) const {
  return static_cast<std::size_t>(std::min<std::uint64_t>(kSampledPositions, strips[strip].samples));
}

std::uint16_t PageStrips::Impl::read_level(const Group& group, std::size_t strip, std::uint64_t index) const {
  for (const Block& block : group.blocks) {
    const std::uint64_t samples = std::uint64_t{block.width} * block.height;
    if (index < samples) return plane_level(block, layout_, conversion_.channels(), strips[strip].plane, index);
    index -= samples;
  }
  return 0;  // not reached: positions are below the number of samples
}

std::vector<std::uint16_t> PageStrips::Impl::read_sampled_levels(const Group& group, std::size_t strip) const {
  std::vector<std::uint16_t> levels(sampled_positions(strip));
  for (std::size_t i = 0; i < levels.size(); ++i) {
    levels[i] = read_level(group, strip, sampled_position(strip, i, levels.size(), strips[strip].samples));
  }
  return levels;
}

/// The strip's levels at its sampled positions, before it is mapped.
Result<std::vector<std::uint16_t>> PageStrips::Impl::sampled_levels(std::size_t strip) {
  {
    const std::scoped_lock lock(mutex_);
    const Group& group = group_of(strip);
    if (!group.levels.empty() && (group.scattered & bit_of(strip)) == 0) {
      const std::size_t n = sampled_positions(strip);
      const auto first = group.levels.begin() + static_cast<std::ptrdiff_t>(strip % planes * n);
      return std::vector<std::uint16_t>(first, first + static_cast<std::ptrdiff_t>(n));
    }
  }
  ECE465_ASSIGN(const Group* const group, loaded_group(strip));
  return read_sampled_levels(*group, strip);
}

Result<void> PageStrips::Impl::check_counts(std::size_t strip, std::span<const std::uint64_t> counts) {
  if (counts.size() != histograms[0].counts().size()) {
    return fail(Errc::corrupt, "{} counts for {}-bit samples", counts.size(), layout_.bits);
  }
  std::uint64_t left = strips[strip].samples;
  for (const std::uint64_t count : counts) {
    if (count > left) return fail(Errc::corrupt, "the counts add up to more than {} samples", strips[strip].samples);
    left -= count;
  }
  if (left != 0)
    return fail(Errc::corrupt, "the counts add up to {} samples instead of {}", strips[strip].samples - left,
                strips[strip].samples);
  ECE465_ASSIGN(auto levels, sampled_levels(strip));
  std::ranges::sort(levels);
  for (auto at = levels.begin(); at != levels.end();) {
    const auto end = std::find_if(at, levels.end(), [&](std::uint16_t level) { return level != *at; });
    if (counts[*at] < static_cast<std::uint64_t>(end - at)) {
      return fail(Errc::corrupt, "the counts do not match the samples: level {} occurs more often", *at);
    }
    at = end;
  }
  return {};
}

void PageStrips::Impl::add_counts(std::size_t plane, std::span<const std::uint64_t> counts) {
  assert(!finalized_ && counts.size() == histograms[plane].counts().size());
  const auto sum = histograms[plane].counts();
  std::transform(counts.begin(), counts.end(), sum.begin(), sum.begin(), std::plus<std::uint64_t>());
}

Result<void> PageStrips::Impl::finalize() {
  const std::uint64_t samples = std::uint64_t{conversion_.source().width} * conversion_.source().height;
  for (const Histogram& histogram : histograms) {
    if (finalized_ || histogram.total() != samples) {
      return fail(Errc::internal, "{} of {} samples were counted", histogram.total(), samples);
    }
  }
  finalized_ = true;
  conversion_.finalize(histograms, tables);
  for (const Table& table : conversion_.applied()) wire_tables.push_back(table_bytes(table, layout_.bits));
  return {};
}

// ---- Mapping

Result<void> PageStrips::Impl::check_mapped(std::size_t strip, Bytes mapped) {
  if (!finalized_ || !maps_remotely()) return fail(Errc::internal, "there is no table yet to map strip {}", strip);
  if (mapped.size() != strips[strip].bytes) {
    return fail(Errc::corrupt, "{} mapped bytes instead of {}", mapped.size(), strips[strip].bytes);
  }
  ECE465_ASSIGN(const auto levels, sampled_levels(strip));
  const Table& table = conversion_.applied()[strips[strip].plane];
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const std::uint64_t at = sampled_position(strip, i, levels.size(), strips[strip].samples);
    const std::uint16_t level = level_at(mapped, layout_.bits, at);
    if (level != table[levels[i]]) {
      return fail(Errc::corrupt, "level {} was mapped to {} instead of {}", levels[i], level, table[levels[i]]);
    }
  }
  return {};
}

Result<void> PageStrips::Impl::scatter(std::size_t strip, Buffer& mapped) {
  if (!finalized_ || !maps_remotely()) return fail(Errc::internal, "strip {} cannot be mapped now", strip);
  if (mapped.size() != strips[strip].bytes) {
    return fail(Errc::internal, "{} mapped bytes instead of {}", mapped.size(), strips[strip].bytes);
  }
  Group& group = group_of(strip);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return group.content != Content::changing; });
  if (group.users == 0) return fail(Errc::internal, "group {} is not loaded", strip / planes);
  if ((group.scattered & bit_of(strip)) != 0) return fail(Errc::internal, "strip {} is already mapped", strip);
  const bool is_fresh = group.content == Content::none;
  if (is_fresh) group.content = Content::changing;
  lock.unlock();
  auto done = guarded([&]() -> Result<void> {
    if (is_fresh) shape_replacement(group, strip);
    put(group, strip, mapped);
    return {};
  });
  lock.lock();
  if (is_fresh) group.content = done ? Content::results : Content::none;
  if (done) group.scattered |= bit_of(strip);
  lock.unlock();
  changed_.notify_all();
  return done;
}

/// Makes the block that a mapped strip is put into when nothing was read.
void PageStrips::Impl::shape_replacement(Group& group, std::size_t strip) {
  group.blocks = take_blocks(1);
  Block& block = group.blocks[0];
  block.width = strips[strip].columns;
  block.height = strips[strip].rows;
  block.stride = block.width * layout_.sample_bytes();
}

void PageStrips::Impl::put(Group& group, std::size_t strip, Buffer& mapped) {
  // The caller must not get a buffer of the pool, which it could outlive.
  if (group.is_replaceable && !pool_) {
    group.blocks[0].pixels.swap(mapped);
    return;
  }
  if (group.is_replaceable) group.blocks[0].pixels.resize(mapped.size());
  const std::byte* from = mapped.data();
  for (Block& block : group.blocks) {
    insert_plane(block, layout_, conversion_.channels(), strips[strip].plane, from);
    from += std::size_t{block.width} * block.height * layout_.sample_bytes();
  }
}

Result<void> PageStrips::Impl::map_locally(std::size_t strip) {
  if (!finalized_) return fail(Errc::internal, "there is no table yet to map strip {}", strip);
  ECE465_ASSIGN(Group* const group, loaded_group(strip));
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
  if (!finalized_ || writers_.is_open()) return fail(Errc::internal, "the page cannot be written now");
  return writers_.begin(writer, page_, conversion_, threads_);
}

Result<void> PageStrips::Impl::write(std::size_t index) {
  Group& group = groups_[index];
  std::vector<Block> blocks;
  {
    const std::scoped_lock lock(mutex_);
    const bool in_memory = group.content == Content::samples || group.content == Content::results;
    if (!in_memory || group.scattered != (1U << planes) - 1) {
      return fail(Errc::internal, "group {} is not mapped yet", index);
    }
    blocks = std::move(group.blocks);
    group.content = Content::none;
  }
  ECE465_TRY(writers_.write(index, group_layout_.group(index).first_block, blocks));
  const std::scoped_lock lock(mutex_);
  recycle(blocks);
  ++written_;
  return {};
}

Result<void> PageStrips::Impl::finish_write() {
  if (written_ != groups_.size()) return fail(Errc::internal, "{} of {} groups were written", written_, groups_.size());
  return writers_.finish();
}

}  // namespace ece465::image
