#pragma once

#include <vector>

#include "page_spec.hpp"

namespace ece465::image::tiff {

/// The location of a page's segments in the file. All of them lie within the file.
class SegmentTable {
 public:
  struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
  };

  /// Fails with `corrupt` if segments are missing, exceed the file, or are too small for their pixels.
  [[nodiscard]] static Result<SegmentTable> read(const Directory& directory, const PageSpec& spec,
                                                 const ValueReader& values);

  [[nodiscard]] Extent at(std::size_t segment) const;
  /// Uncompressed pages: the number of segments from `segment` on that are adjacent in the file; at least 1.
  [[nodiscard]] std::size_t run_length(std::size_t segment) const;

 private:
  /// Adjacent uncompressed segments. Most files have one run per plane, so that a table of millions of strips needs
  /// almost no memory.
  struct Run {
    std::size_t first = 0;
    std::uint64_t offset = 0;
  };
  Result<Extent> check(std::size_t segment, const PageSpec& spec, Extent place, std::uint64_t file_bytes) const;
  void add(std::size_t segment, Extent place);
  [[nodiscard]] std::uint64_t decoded_bytes(std::size_t segment) const;

  std::size_t segments_ = 0, per_plane_ = 0;
  std::uint64_t full_bytes_ = 0, last_bytes_ = 0;  // of a segment, and of a plane's last one, decoded
  bool compressed_ = false;
  std::vector<Run> runs_;        // uncompressed
  std::vector<Extent> extents_;  // compressed
  std::uint64_t end_ = 0;        // of the segment added last
};

/// The maximum memory of a page's table.
[[nodiscard]] std::uint64_t table_bytes(const PageSpec& spec);

}  // namespace ece465::image::tiff
