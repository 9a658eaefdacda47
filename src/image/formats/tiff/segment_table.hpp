#pragma once

#include <vector>

#include "page_spec.hpp"

namespace ece465::image::tiff {

/// Where a page's segments are in the file. Everything it says lies within the file.
class SegmentTable {
 public:
  struct Place {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
  };

  /// Fails with `corrupt`: segments that are missing, end beyond the file, or cannot hold what they should.
  [[nodiscard]] static Result<SegmentTable> read(const Directory& directory, const PageSpec& spec,
                                                 const Values& values);

  [[nodiscard]] Place at(std::size_t segment) const;
  /// Uncompressed: how many segments from `segment` on follow each other in the file without a gap; at least 1.
  [[nodiscard]] std::size_t run(std::size_t segment) const;

 private:
  /// Uncompressed segments without gaps. Most files have one run per plane, so that a table of millions of strips
  /// takes no memory.
  struct Run {
    std::size_t first = 0;
    std::uint64_t offset = 0;
  };
  Result<Place> check(std::size_t segment, const PageSpec& spec, Place place, std::uint64_t file_bytes) const;
  void add(std::size_t segment, Place place);
  [[nodiscard]] std::uint64_t decoded_bytes(std::size_t segment) const;

  std::size_t segments_ = 0, per_plane_ = 0;
  std::uint64_t full_bytes_ = 0, last_bytes_ = 0;  // of a segment, and of a plane's last one, decoded
  bool compressed_ = false;
  std::vector<Run> runs_;      // uncompressed
  std::vector<Place> places_;  // compressed
  std::uint64_t end_ = 0;      // of the segment added last
};

/// The memory that a page's table may take.
[[nodiscard]] std::uint64_t table_bytes(const PageSpec& spec);

}  // namespace ece465::image::tiff
