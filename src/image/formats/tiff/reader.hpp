#pragma once

#include <memory>
#include <mutex>

#include "block_plan.hpp"
#include "data_units.hpp"
#include "segment_table.hpp"

namespace ece465::image::tiff {

/// An image of the file that is equalized.
struct Page {
  std::size_t directory = 0;  ///< index into Structure::directories
  PageSpec spec;
  BlockPlan plan;
  ColorCoding coding;  ///< of YCbCr
};

class Reader final : public ImageReader {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Reader>> open(const ByteSource& source, const ReadOptions& options);

  [[nodiscard]] Format format() const override { return Format::tiff; }
  [[nodiscard]] const std::vector<PageInfo>& pages() const override { return infos_; }
  [[nodiscard]] Result<std::unique_ptr<BlockReader>> read_page(std::size_t page) const override;
  [[nodiscard]] Result<Metadata> metadata() const override;
  [[nodiscard]] std::vector<std::string> notes() const override { return structure_.notes; }

  [[nodiscard]] const Structure& structure() const { return structure_; }
  [[nodiscard]] const ValueReader& values() const { return values_; }
  [[nodiscard]] const ReadOptions& options() const { return options_; }
  [[nodiscard]] const Page& page(std::size_t index) const { return pages_[index]; }
  [[nodiscard]] const Directory& directory(std::size_t page) const {
    return structure_.directories[pages_[page].directory];
  }
  /// The location of a page's segments. Caches the last page's table.
  [[nodiscard]] Result<std::shared_ptr<const SegmentTable>> table(std::size_t page) const;

 private:
  Reader(const ByteSource& source, const ReadOptions& options, Structure structure)
      : source_(source), options_(options), structure_(std::move(structure)), values_(source, structure_.encoding) {}
  Result<void> add_pages(const std::vector<std::size_t>& chain, const std::string& where);
  Result<void> add_page(std::size_t directory);

  const ByteSource& source_;
  ReadOptions options_;
  Structure structure_;
  ValueReader values_;
  std::vector<Page> pages_;
  std::vector<PageInfo> infos_;
  std::optional<Error> first_unsupported_;  // why the first auxiliary image is not a page

  struct LastTable {
    std::size_t page = 0;
    std::shared_ptr<const SegmentTable> table;
  };
  mutable std::mutex mutex_;  // guards last_table_
  mutable LastTable last_table_;
};

}  // namespace ece465::image::tiff
