#pragma once

#include <mutex>

#include "chunks.hpp"

namespace ece465::image::png {

/// An open PNG. The writer uses its structure to preserve chunks.
class Reader final : public ImageReader {
 public:
  Reader(const ByteSource& source, Structure structure, const ReadOptions& options);

  [[nodiscard]] Format format() const override { return Format::png; }
  [[nodiscard]] const std::vector<PageInfo>& pages() const override { return pages_; }
  [[nodiscard]] Result<std::unique_ptr<BlockReader>> read_page(std::size_t page) const override;
  [[nodiscard]] Result<Metadata> metadata() const override;
  [[nodiscard]] std::vector<std::string> notes() const override;

  [[nodiscard]] const ByteSource& source() const { return source_; }
  [[nodiscard]] const Structure& structure() const { return structure_; }
  /// Whether pixels are read for another format, so that nothing but `metadata` may be carried over.
  [[nodiscard]] bool is_interleaved() const { return options_.interleaved; }

 private:
  [[nodiscard]] Result<void> decode_interlaced() const;

  const ByteSource& source_;
  Structure structure_;
  ReadOptions options_;
  std::vector<PageInfo> pages_;
  mutable std::mutex mutex_;  // held while image_ is decoded
  mutable Buffer image_;      // of an interlaced file, after it was read
};

}  // namespace ece465::image::png
