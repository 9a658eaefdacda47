#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "conversion.hpp"
#include "ece465/image/page_strips.hpp"
#include "memory_plan.hpp"

/// The parts of PageStrips: the plan and the public methods (page_strips.cpp), groups in memory
/// (page_strips_groups.cpp), reading and writing (page_strips_io.cpp).

namespace ece465::image {

/// A rectangle of adjacent blocks.
struct GroupShape {
  std::size_t first_block = 0, blocks = 0;
  std::uint32_t first_row = 0, rows = 0;
  std::uint32_t first_column = 0, columns = 0;
  [[nodiscard]] std::uint64_t samples() const { return std::uint64_t{rows} * columns; }
};

/// Divides a page's blocks into groups of about equal size, none above `strip_bytes` unless a block is. Groups are
/// rectangles: whole rows of tiles, or tiles of one row.
class GroupLayout {
 public:
  /// `page`: as its blocks are read; `sample_bytes`: of the samples that make up strips.
  GroupLayout(PageInfo page, std::size_t sample_bytes, std::uint64_t strip_bytes);

  [[nodiscard]] std::size_t groups() const { return down_ * across_; }
  [[nodiscard]] GroupShape group(std::size_t index) const;
  /// The shape of block `index` alone.
  [[nodiscard]] GroupShape block(std::size_t index) const;
  /// The number of blocks in the largest group.
  [[nodiscard]] std::size_t max_blocks() const;

 private:
  [[nodiscard]] std::size_t block_rows() const { return page_.block_count / page_.blocks_across; }
  [[nodiscard]] std::uint32_t columns_per_block() const;

  PageInfo page_;
  std::size_t down_ = 1, across_ = 1;  // groups
};

/// Reads and prepares a page's blocks for any thread. If blocks can be read in any order there are as many readers as
/// threads; further threads wait. Otherwise there is one decoder, which only goes forward: to read an earlier block it
/// restarts from the beginning.
class PageReaders {
 public:
  /// The arguments outlive this. `max_readers`: at once.
  PageReaders(const ImageReader& reader, std::size_t page, const Conversion& conversion, unsigned max_readers)
      : reader_(reader),
        page_(page),
        conversion_(conversion),
        forward_only_(!conversion.source().any_order),
        free_(forward_only_ ? 1 : max_readers) {}

  /// Reads blocks [first, first + out.size()). Thread-safe.
  [[nodiscard]] Result<void> read(std::size_t first, std::span<Block> out);
  /// Frees the readers' memory; the next read opens them again.
  void close();

 private:
  struct Slot {
    std::unique_ptr<BlockReader> reader;
    std::size_t next = 0;  // the block that a forward-only reader decodes next
    Block scratch;
  };
  class Lease;

  [[nodiscard]] Result<void> read(Slot& slot, std::size_t first, std::span<Block> out) const;
  [[nodiscard]] Result<void> read_block(Slot& slot, std::size_t index, Block& out) const;

  const ImageReader& reader_;
  std::size_t page_;
  const Conversion& conversion_;
  bool forward_only_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable returned_;
  std::vector<Slot> free_;
};

/// Passes mapped blocks to a page's writer. If the format allows there are as many block writers as threads. They are
/// leased in the order of the groups, so that a writer that waits for lower blocks waits for a thread that has one.
class GroupWriters {
 public:
  /// See PageStrips. `conversion` outlives this.
  [[nodiscard]] Result<void> begin(ImageWriter& writer, std::size_t page, const Conversion& conversion,
                                   unsigned max_writers);
  [[nodiscard]] bool is_open() const { return page_ != nullptr; }
  [[nodiscard]] PageStrips::WriteOrder order() const { return order_; }
  /// Writes a group whose blocks are numbered from `first_block`. May take the blocks' buffers. Thread-safe.
  [[nodiscard]] Result<void> write(std::size_t group, std::size_t first_block, std::span<Block> blocks);
  [[nodiscard]] Result<void> finish();
  void abandon();

 private:
  struct Slot {
    std::unique_ptr<BlockWriter> writer;
    Block a, b;
  };
  class Lease;

  [[nodiscard]] Result<Slot> take(std::size_t group);

  const Conversion* conversion_ = nullptr;
  PageStrips::WriteOrder order_ = PageStrips::WriteOrder::any;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::unique_ptr<PageWriter> page_;
  std::vector<Slot> free_;
  std::size_t next_ = 0;  // the next group to get a writer, unless the order is `any`
  bool abandoned_ = false;
};

/// Positions at which an answer is compared with the strip's own samples: one, chosen by a hash, in each 64th of the
/// strip. Mapped samples of which a random 1 % are wrong are detected with a probability of 47 % (1 - 0.99^64), 5 %
/// with 96 %, 10 % with 99.9 %; a contiguous run of wrong samples that is longer than two 64ths always. Counts are
/// detected only if a sampled level has fewer of them than positions. So this finds corrupted and mixed-up answers at
/// the cost of 64 loads; the positions are predictable, so it does not find one that is forged.
inline constexpr std::size_t kSampledPositions = 64;

class PageStrips::Impl {
 public:
  Impl(const ImageReader& reader, std::size_t page, Conversion conversion, const PageStripsOptions& options);
  Result<void> plan(std::uint64_t encoder_bytes);
  Result<void> list_strips();

  Result<void> load(std::size_t index, bool to_scatter);
  void release(std::size_t index);
  Result<Bytes> gather(std::size_t strip, Buffer& scratch);
  Result<void> count_locally(std::size_t strip, std::span<std::uint64_t> counts);
  Result<void> check_counts(std::size_t strip, std::span<const std::uint64_t> counts);
  void add_counts(std::size_t plane, std::span<const std::uint64_t> counts);
  Result<void> finalize();
  Result<void> check_mapped(std::size_t strip, Bytes mapped);
  Result<void> scatter(std::size_t strip, Buffer& mapped);
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
  [[nodiscard]] std::size_t groups() const { return group_layout_.groups(); }
  [[nodiscard]] WriteOrder write_order() const { return writers_.order(); }

  // For PageStrips' accessors.
  std::vector<Strip> strips;
  std::size_t planes = 1;
  Residency residency = Residency::on_demand;
  std::uint64_t memory_bytes = 0;
  std::vector<Histogram> histograms;
  std::vector<Table> tables;
  std::vector<std::vector<std::byte>> wire_tables;

 private:
  /// What is in memory of a group.
  enum class Content : std::uint8_t {
    none,
    changing,  // owned by one thread
    samples,   // as read; some or all strips may be mapped
    results,   // mapped samples only: nothing had to be read for them
  };
  struct Group {
    Content content = Content::none;
    /// A mapped strip replaces the whole group: one block, one sample per pixel, no padding, nothing after the rows.
    bool is_replaceable = false;
    std::uint8_t scattered = 0;  // a bit for each plane
    std::uint32_t users = 0;     // loads that were not released
    std::vector<Block> blocks;
    std::vector<std::uint16_t> levels;  // at the sampled positions of each strip, if the group may leave memory
  };

  [[nodiscard]] bool keeps() const { return residency == Residency::kept; }
  [[nodiscard]] Group& group_of(std::size_t strip) { return groups_[strip / planes]; }
  [[nodiscard]] std::uint8_t bit_of(std::size_t strip) const { return static_cast<std::uint8_t>(1U << strip % planes); }
  [[nodiscard]] bool is_contiguous(const Group& group) const;

  [[nodiscard]] Result<void> check_ends() const;
  std::vector<Block> take_blocks(std::size_t count);
  void recycle(std::vector<Block>& blocks);
  Result<void> fill_up_to(std::size_t index);
  Result<void> fill(std::size_t index, Group& group);
  Result<Group*> loaded_group(std::size_t strip);
  [[nodiscard]] std::size_t sampled_positions(std::size_t strip) const;
  [[nodiscard]] std::uint16_t read_level(const Group& group, std::size_t strip, std::uint64_t index) const;
  [[nodiscard]] std::vector<std::uint16_t> read_sampled_levels(const Group& group, std::size_t strip) const;
  Result<std::vector<std::uint16_t>> sampled_levels(std::size_t strip);
  void put(Group& group, std::size_t strip, Buffer& mapped);
  void shape_replacement(Group& group, std::size_t strip);

  PageStripsOptions options_;
  const ImageReader& reader_;
  std::size_t page_;
  unsigned threads_ = 1;
  Conversion conversion_;
  PixelLayout layout_;  // of the samples that are counted and mapped
  GroupLayout group_layout_;
  std::unique_ptr<Pool> pool_;  // memory of kept blocks
  std::optional<PageReaders> readers_;
  GroupWriters writers_;
  bool finalized_ = false;
  std::mutex fill_mutex_;   // guards filled_; locked before mutex_
  std::size_t filled_ = 0;  // groups, if all are kept and come in order
  std::mutex mutex_;        // guards what follows, except the blocks of a group that a thread has loaded
  std::condition_variable changed_;
  std::vector<Group> groups_;
  std::size_t loaded_ = 0;    // groups, ever
  std::size_t written_ = 0;   // groups
  std::vector<Block> spare_;  // blocks to be reused
};

}  // namespace ece465::image
