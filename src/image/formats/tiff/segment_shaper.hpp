#pragma once

#include "block_writers.hpp"

namespace ece465::image::tiff {

/// Takes a block apart into its segments, as they are stored before compression: planes apart, tiles apart and
/// padded, chroma in clumps.
class SegmentShaper {
 public:
  explicit SegmentShaper(const PageTarget& target) : target_(target) {}

  /// The `i`th segment of `block` in `plane`. The bytes are the block's own or the shaper's, good until the next call;
  /// they may be scribbled on.
  [[nodiscard]] MutableBytes shape(const BlockPlan::Part& part, Block& block, std::size_t plane, std::size_t i);

 private:
  MutableBytes shape_clumps(const BlockPlan::Part& part, Block& block);

  const PageTarget& target_;
  Buffer scratch_;
};

}  // namespace ece465::image::tiff
