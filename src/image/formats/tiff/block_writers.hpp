#pragma once

#include <functional>
#include <memory>

#include "block_plan.hpp"
#include "data_units.hpp"
#include "ece465/base/byte_sink.hpp"
#include "segment_table.hpp"

namespace ece465::image::tiff {

/// One page to write. `spec` is its storage. `plan` is the division of the input page into blocks, so that `spec` may
/// have fewer samples.
struct PageTarget {
  ByteSink& file;
  PageSpec spec;
  BlockPlan plan;
  ColorCoding coding;
  std::uint64_t start = 0;  ///< offset of its first segment
};

/// Writes a page's segments and records their location.
class PageOutput {
 public:
  virtual ~PageOutput() = default;
  /// See PageWriter::waits_for_lower.
  [[nodiscard]] virtual bool waits_for_lower() const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<BlockWriter>> open_blocks() = 0;
  /// See PageWriter::abandon.
  virtual void abandon() {}
  /// After the last block.
  [[nodiscard]] virtual Result<void> finish() { return {}; }
  [[nodiscard]] virtual SegmentTable::Extent at(std::size_t segment) const = 0;
  [[nodiscard]] virtual std::uint64_t end() const = 0;
};

/// Encodes the segments of one block. One per thread.
class BlockEncoder {
 public:
  virtual ~BlockEncoder() = default;
  /// Appends the block's segments to `bytes`, plane by plane, and each one's size to `sizes`.
  [[nodiscard]] virtual Result<void> encode(const BlockPlan::Part& part, Block& block, std::vector<std::byte>& bytes,
                                            std::vector<std::uint64_t>& sizes) = 0;
};

/// Uncompressed: all offsets are known in advance.
[[nodiscard]] std::unique_ptr<PageOutput> make_raw_output(const PageTarget& target);
/// Compressed by libtiff.
[[nodiscard]] std::unique_ptr<PageOutput> make_compressed_output(const PageTarget& target);
/// Compressed by the encoders that `make_encoder` returns.
[[nodiscard]] std::unique_ptr<PageOutput> make_compressed_output(
    const PageTarget& target, std::function<Result<std::unique_ptr<BlockEncoder>>()> make_encoder);

}  // namespace ece465::image::tiff
