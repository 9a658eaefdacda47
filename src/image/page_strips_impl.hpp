#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "conversion.hpp"
#include "ece465/base/guarded.hpp"
#include "ece465/image/page_strips.hpp"
#include "page_strips_cut.hpp"
#include "page_strips_readers.hpp"
#include "page_strips_writers.hpp"

/// What a page as strips is made of: its plan (page_strips.cpp), and its groups in memory (page_strips_groups.cpp).

namespace ece465::image {

/// Places at which a strip that comes back is looked at.
inline constexpr std::size_t kPlaces = 64;

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
  Residency residency = Residency::on_demand;
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

  [[nodiscard]] bool keeps() const { return residency == Residency::kept; }
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

}  // namespace ece465::image
