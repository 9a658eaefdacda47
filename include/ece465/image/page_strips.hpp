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
  /// Approximate size of a strip's samples; a strip has at least one block.
  std::uint64_t strip_bytes = std::uint64_t{1} << 20;
  /// Memory for the page, as EqualizeOptions::memory_bytes.
  std::uint64_t memory_bytes = Limits{}.default_memory_bytes;
  /// Threads that call at the same time. Further ones wait for a reader or a writer.
  unsigned threads = 1;
  Limits limits;
};

/// How to open an image of format `input` whose pages are processed as strips and written as `output`: with blocks as
/// large as strips if the file allows it, so that a strip need not be assembled from several blocks.
[[nodiscard]] ReadOptions strips_read_options(Format input, Format output, const PageStripsOptions& options);

/// Splits one page of an open image into strips of samples that others (a cluster's workers) count and map, and
/// reassembles it. The output is byte for byte that of `equalize`.
///
/// A *group* is a rectangle of adjacent blocks; a *strip* is one plane of a group: gray or luma, or one of the colours,
/// without alpha. Strip `i` is plane `i % planes()` of group `i / planes()`.
///
///     for each group g:  load(g)
///       for each plane:  send gather(strip), or count_locally(strip, counts); add_counts(plane, counts)
///       release(g)
///     for each answer:   check_counts(strip, answer); add_counts(plane, answer)
///     finalize(); begin_write(writer)
///     for each group g:  load(g) to send its samples, or load_for_scatter(g) if the workers still have them
///       for each plane:  send wire_table(plane); check_mapped(strip, answer); scatter(strip, answer)
///                        or map_locally(strip)
///       write(g); release(g)
///     finish_write()
///
/// If `maps_remotely()` is false (samples are palette indices, and only the palette changes), the second phase needs no
/// workers: call map_locally for all strips.
///
/// Starts no threads. These may be called by several threads at once: load, load_for_scatter and release for any group;
/// gather, count_locally, check_*, scatter and map_locally for different strips; write for different groups, in the
/// order given by `write_order()`. Others need exclusive access. A group can be written when all its strips are
/// scattered. After a call failed with `internal` or `io`, the page is unusable.
///
/// A failed allocation is the error `too_large`.
class PageStrips {
 public:
  /// One plane of a group: a rectangle of the page. The samples of its blocks follow one another, row by row.
  struct Strip {
    std::uint32_t plane = 0;
    std::uint32_t group = 0;
    std::uint32_t first_row = 0, rows = 0;
    std::uint32_t first_column = 0, columns = 0;
    std::uint64_t samples = 0;
    std::uint64_t bytes = 0;  ///< of the samples
  };

  /// Where groups are between the two phases.
  enum class Residency {
    /// Read when needed, in any order, by several threads at once. Only loaded groups are in memory. For pages that are
    /// cheap to read twice or exceed the budget.
    on_demand,
    /// Loaded once and kept until written: release frees nothing. The budget holds all groups. If there is one decoder,
    /// which runs from top to bottom, loading a group also loads those before it.
    kept,
    /// The decoder runs from top to bottom, and the budget cannot hold the page: it is decoded twice. Loading
    /// 0, 1, 2, ... takes one pass; loading an earlier group restarts from the beginning.
    streamed,
  };

  /// In which order groups may be written.
  enum class WriteOrder {
    one_by_one,  ///< 0, 1, 2, ..., by one thread: others would only wait
    /// By several threads, assigned as 0, 1, 2, ...: a group waits for lower ones, which others must already have.
    ascending,
    any,
  };

  /// Takes page `page` of `reader`, which was opened with `strips_read_options` and outlives this. Reads only the ends
  /// of a very long page. Fails with `too_large`: more strips than Limits::max_blocks, or the budget is too small.
  [[nodiscard]] static Result<std::unique_ptr<PageStrips>> open(const ImageReader& reader, std::size_t page,
                                                                Format output, const PageStripsOptions& options);
  ~PageStrips();
  PageStrips(const PageStrips&) = delete;
  PageStrips& operator=(const PageStrips&) = delete;

  [[nodiscard]] const std::vector<Strip>& strips() const;
  [[nodiscard]] std::size_t planes() const;
  [[nodiscard]] std::size_t groups() const;
  /// Bits per sample: 8 or 16.
  [[nodiscard]] unsigned bits() const;
  /// Whether strips are mapped with a table; see above.
  [[nodiscard]] bool maps_remotely() const;
  [[nodiscard]] Residency residency() const;
  /// Memory in use regardless of what is loaded: decoder, encoder, threads, and all groups if they are `kept`.
  [[nodiscard]] std::uint64_t memory_bytes() const;
  /// What the conversion changes besides levels, for the user: "16 bits became 8 ...".
  [[nodiscard]] const std::vector<std::string>& notes() const;

  // ---- Groups in memory

  /// Brings the group's samples into memory until each load is matched by a `release`. Fails as BlockReader::read, and
  /// with `internal` if some of the group is mapped already and the rest is not in memory.
  [[nodiscard]] Result<void> load(std::size_t group);
  /// As `load`, for scatter and write, which may need less: nothing is read if mapped strips replace the whole group
  /// (gray without alpha). Such a group must have been loaded before, and its samples cannot be gathered.
  [[nodiscard]] Result<void> load_for_scatter(std::size_t group);
  /// Once for every load of either kind. After the last one the samples leave memory, unless groups are `kept`;
  /// scattered samples stay until they are written.
  void release(std::size_t group);

  // ---- First phase: counting

  /// The strip's samples, contiguous, as they are sent (16 bits: little-endian). They are copied to `scratch` only if
  /// the group does not have them in this form. Valid until the group is released or the strip scattered, and as long
  /// as `scratch` is unchanged. The group must be loaded and the strip not mapped.
  [[nodiscard]] Result<Bytes> gather(std::size_t strip, Buffer& scratch) const;
  /// Adds the strip's levels to `counts` (256 or 65,536). Preconditions as `gather`.
  [[nodiscard]] Result<void> count_locally(std::size_t strip, std::span<std::uint64_t> counts) const;
  /// Whether these counts are plausible: one per level, their sum is the strip's number of samples, and the levels at
  /// 64 sampled positions have at least as many counts as positions. Detects corrupted and mixed-up answers, not forged
  /// ones. Fails with `corrupt`. The group must have been loaded, but may have left memory; not after mapping.
  [[nodiscard]] Result<void> check_counts(std::size_t strip, std::span<const std::uint64_t> counts) const;
  /// Adds a strip's counts to its plane's histogram. Once for every strip. From one thread.
  void add_counts(std::size_t plane, std::span<const std::uint64_t> counts);
  /// Makes the tables and determines the output page's properties. Fails with `internal` unless all samples are
  /// counted.
  [[nodiscard]] Result<void> finalize();

  // ---- Second phase: mapping. After `finalize`

  /// The histograms and tables to show to a user, one per equalized plane; for a palette, those of its colours.
  [[nodiscard]] const std::vector<Histogram>& before() const;
  [[nodiscard]] const std::vector<Table>& tables() const;
  /// The table of a plane's strips, as it is sent; empty if there is none.
  [[nodiscard]] Bytes wire_table(std::size_t plane) const;
  /// Whether these bytes are plausible as the mapped strip: their number, and the samples at 64 positions, which must
  /// be exactly those of the table. As `check_counts`.
  [[nodiscard]] Result<void> check_mapped(std::size_t strip, Bytes mapped) const;
  /// Stores mapped samples in the group: gray and colours as they are (multiplied by associated alpha), luma by
  /// shifting the colours. May swap the buffer for another, with unspecified contents, instead of copying it. Once for
  /// every strip, with exactly its bytes. The group must be loaded in either way.
  [[nodiscard]] Result<void> scatter(std::size_t strip, Buffer& mapped);
  /// Maps the strip in this process. Preconditions as `gather`; the strip counts as scattered.
  [[nodiscard]] Result<void> map_locally(std::size_t strip);

  // ---- Second phase: writing

  /// Begins the page on `writer`, which outlives this and has written all earlier pages.
  [[nodiscard]] Result<void> begin_write(ImageWriter& writer);
  /// After `begin_write`.
  [[nodiscard]] WriteOrder write_order() const;
  /// Converts and writes a group whose strips are all scattered, and frees its memory. Unless the order is `any` it
  /// waits for lower groups. Fails as BlockWriter::write, and with `cancelled` after `abandon`.
  [[nodiscard]] Result<void> write(std::size_t group);
  /// After all groups are written. The ImageWriter is then ready for the next page.
  [[nodiscard]] Result<void> finish_write();
  /// Groups will be missing: threads waiting in `write` return. From any thread, at any time, more than once.
  void abandon();

 private:
  class Impl;
  explicit PageStrips(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ece465::image
