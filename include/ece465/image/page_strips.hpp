#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"
#include "ece465/image/codec.hpp"
#include "ece465/image/histogram.hpp"

namespace ece465::image {

struct PageStripsOptions {
  Channels channels = Channels::luma;
  /// Samples of a strip, in bytes, about; at least one block's.
  std::uint64_t strip_bytes = std::uint64_t{1} << 20;
  /// What the page may take, as EqualizeOptions::memory_bytes.
  std::uint64_t memory_bytes = Limits{}.default_memory_bytes;
  /// Threads that will call at once. More may, and wait for a reader or a writer.
  unsigned threads = 1;
  Limits limits;
};

/// How to open an image of format `input` whose pages are to be taken apart and written as `output`: blocks as large
/// as strips where the file leaves a choice, so that strips need not be put together from several.
[[nodiscard]] ReadOptions strips_read_options(Format input, Format output, const PageStripsOptions& options);

/// One page of an open image taken apart into strips of plane samples, for somebody else to count and to map (a
/// cluster's workers), and put together again. What is written is what `equalize` writes, byte for byte.
///
/// A *group* is some of the page's blocks that lie together; a *strip* is one plane of a group: gray or luma, or
/// each colour, without alpha. Strip `i` is plane `i % planes()` of group `i / planes()`.
///
///     for each group g:  load(g)
///       for each plane:  send gather(strip), or count_locally(strip, counts); add_counts(plane, counts)
///       release(g)
///     for each answer:   check_counts(strip, answer); add_counts(plane, answer)
///     settle(); begin_write(writer)
///     for each group g:  load(g), to send its samples; load_for_scatter(g), when the workers still have them
///       for each plane:  send wire_table(plane); check_mapped(strip, answer); scatter(strip, answer)
///                        or map_locally(strip)
///       write(g); release(g)
///     finish_write()
///
/// When `maps_remotely()` is false (pixels are indices into a palette, and only the palette changes) there is nothing
/// for workers in the second half: map_locally for all strips.
///
/// Brings no threads. May be called from several at once: load, load_for_scatter, release, for any groups; gather,
/// count_locally, check_*, scatter, map_locally, for different strips; write, for different groups, in the order
/// that `write_order()` says. The others from one thread, while nobody else calls anything. A group is written when
/// all its strips were scattered. After any call has failed with `internal` or `io`, the page is lost.
///
/// Memory running out is an error like others: `too_large`.
class PageStrips {
 public:
  /// One plane of a group: a rectangle of the page, its blocks' samples one after the other, row by row.
  struct Strip {
    std::uint32_t plane = 0;
    std::uint32_t group = 0;
    std::uint32_t first_row = 0, rows = 0;
    std::uint32_t first_column = 0, columns = 0;
    std::uint64_t samples = 0;
    std::uint64_t bytes = 0;  ///< samples, times two when they have 16 bits
  };

  /// Where groups are between the two halves.
  enum class Residency {
    /// Read whenever they are wanted, in any order, by several threads at once. What is loaded is all there is in
    /// memory: pages that cost nothing to read twice, and those that the budget cannot hold.
    on_demand,
    /// Loaded once, each stays until it is written: release gives nothing back. The budget holds them all.
    kept,
    /// The decoder goes from top to bottom, and the budget cannot hold the page: it is decoded twice. Loading
    /// 0, 1, 2, ... costs one pass; to go back is possible, and decodes again from the beginning.
    streamed,
  };

  /// In which order groups may be written.
  enum class WriteOrder {
    one_by_one,  ///< 0, 1, 2, ..., by one thread: others would wait
    /// Several at once, handed out to threads as 0, 1, 2, ...: who has a group waits for those before it, which must
    /// be in other threads' hands by then.
    ascending,
    any,
  };

  /// Takes page `page` of `reader`, which was opened with `strips_read_options` and outlives this. Reads nothing
  /// yet. Fails with `too_large` (more strips than Limits::max_blocks; a budget below what one thread needs).
  [[nodiscard]] static Result<std::unique_ptr<PageStrips>> open(const ImageReader& reader, std::size_t page,
                                                                Format output, const PageStripsOptions& options);
  ~PageStrips();
  PageStrips(const PageStrips&) = delete;
  PageStrips& operator=(const PageStrips&) = delete;

  // ---- What there is

  [[nodiscard]] const std::vector<Strip>& strips() const;
  [[nodiscard]] std::size_t planes() const;
  [[nodiscard]] std::size_t groups() const;
  /// Of a sample: 8 or 16.
  [[nodiscard]] unsigned bits() const;
  /// Whether strips are mapped at all; see above.
  [[nodiscard]] bool maps_remotely() const;
  [[nodiscard]] Residency residency() const;
  /// Groups should be loaded 0, 1, 2, ...: there is one decoder, which goes from top to bottom, and threads take turns.
  /// (In `kept` to load a group loads those before it, so turns may be mixed up; in `streamed` that costs passes.)
  /// False: in any order, by several threads at once.
  [[nodiscard]] bool loads_in_order() const;
  /// What the page takes whatever is loaded: decoder, encoder, what threads need, and in `kept` all groups.
  [[nodiscard]] std::uint64_t memory_bytes() const;
  /// What each loaded group takes besides, at most; 0 when they are kept.
  [[nodiscard]] std::uint64_t group_bytes() const;
  /// What a person should know of the conversion: "16 bits became 8, rounded: ...".
  [[nodiscard]] const std::vector<std::string>& notes() const;

  // ---- Groups in memory

  /// Sees to it that the group's samples are in memory, until `release` was called as often as this. Fails as
  /// BlockReader::read, and `internal` when parts of the group were mapped already and the rest is not there.
  [[nodiscard]] Result<void> load(std::size_t group);
  /// As `load`, for what scatter and write need, which is less: where a mapped strip is all that there
  /// is to a group (gray without alpha), nothing is read. Such a group must have been loaded before, and its
  /// samples cannot be gathered now.
  [[nodiscard]] Result<void> load_for_scatter(std::size_t group);
  /// Once for every load of either kind. What nobody holds any more leaves memory, unless groups are kept; what was
  /// scattered stays until it is written.
  void release(std::size_t group);

  // ---- First half: counting

  /// The strip's samples, contiguous, as they travel (16 bits: little-endian). Where the group's memory has them so,
  /// they are not copied; else they are put into `scratch`. Valid until the group is released or the strip
  /// scattered, and while `scratch` is left alone. The group must be loaded and the strip not mapped yet.
  [[nodiscard]] Result<Bytes> gather(std::size_t strip, Buffer& scratch) const;
  /// Adds the strip's levels to `counts` (256 or 65,536). Needs what `gather` needs.
  [[nodiscard]] Result<void> count_locally(std::size_t strip, std::span<std::uint64_t> counts) const;
  /// Whether these can be the strip's counts: as many as there are levels, their sum the strip's samples, and the
  /// levels at 64 places of the strip counted at least as often as they are met there. Such a check finds garbage
  /// and mix-ups; who knows the places can lie. Fails with `corrupt`. The group must have been loaded, but need not be
  /// in memory any more; the strip must not be mapped yet.
  [[nodiscard]] Result<void> check_counts(std::size_t strip, std::span<const std::uint64_t> counts) const;
  /// Adds a strip's counts to its plane's histogram. Once for every strip. From one thread.
  void add_counts(std::size_t plane, std::span<const std::uint64_t> counts);
  /// When all strips are counted: makes the tables, and what the page will be. Fails with `internal` when the counts
  /// are not those of all samples.
  [[nodiscard]] Result<void> settle();

  // ---- Second half: mapping. After `settle`

  /// The histograms and tables that a person may look at, one for each plane that is equalized: for a palette,
  /// those of its colours.
  [[nodiscard]] const std::vector<Histogram>& before() const;
  [[nodiscard]] const std::vector<Table>& tables() const;
  /// The table to map a plane's strips with, as it travels; empty when there is none.
  [[nodiscard]] Bytes wire_table(std::size_t plane) const;
  /// Whether this can be the strip, mapped: its size, and the samples at 64 places, which must be exactly what the
  /// table says. As `check_counts`.
  [[nodiscard]] Result<void> check_mapped(std::size_t strip, Bytes mapped) const;
  /// Puts mapped samples into the group: gray and colours as they are (multiplied by associated alpha), luma by
  /// shifting the colours. Once for every strip, with exactly its bytes. Needs the group loaded (to scatter).
  [[nodiscard]] Result<void> scatter(std::size_t strip, Bytes mapped);
  /// As `scatter`, and may take the buffer and leave another one with no contents, instead of copying.
  [[nodiscard]] Result<void> scatter_swap(std::size_t strip, Buffer& mapped);
  /// Maps the strip here. Needs what `gather` needs; counts as scattered.
  [[nodiscard]] Result<void> map_locally(std::size_t strip);

  // ---- Second half: writing

  /// Begins the page on `writer`, which outlives this and has the pages before it already.
  [[nodiscard]] Result<void> begin_write(ImageWriter& writer);
  /// After `begin_write`.
  [[nodiscard]] WriteOrder write_order() const;
  /// Converts and writes a group all of whose strips were scattered, and gives its memory back. Unless the order is
  /// `any` it waits for the groups before it. Fails as BlockWriter::write, `cancelled` after `abandon`.
  [[nodiscard]] Result<void> write(std::size_t group);
  /// When all groups are written. The ImageWriter is then ready for the next page.
  [[nodiscard]] Result<void> finish_write();
  /// Groups will be missing: whoever waits in `write` stops waiting. From any thread, at any time, more than once.
  void abandon();

 private:
  class Impl;
  explicit PageStrips(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ece465::image
