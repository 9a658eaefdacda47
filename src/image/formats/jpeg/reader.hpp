#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "decoder.hpp"
#include "ece465/image/codec.hpp"
#include "frame.hpp"
#include "markers.hpp"
#include "stream_codec.hpp"

namespace ece465::image::jpeg {

/// An open JPEG file.
class Reader final : public ImageReader {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Reader>> open(const ByteSource& source, const ReadOptions& options);

  [[nodiscard]] Format format() const override { return Format::jpeg; }
  [[nodiscard]] const std::vector<PageInfo>& pages() const override { return pages_; }
  [[nodiscard]] Result<std::unique_ptr<BlockReader>> read_page(std::size_t page) const override;
  [[nodiscard]] Result<Metadata> metadata() const override;
  [[nodiscard]] std::vector<std::string> notes() const override { return notes_.all(); }

  // For the writer of a file of the same format.

  [[nodiscard]] const ByteSource& source() const { return source_; }
  [[nodiscard]] bool interleaved() const { return options_.interleaved; }
  [[nodiscard]] OutputMode output_mode() const { return output_mode_; }
  /// The segments to copy, in order.
  [[nodiscard]] const std::vector<MarkerSegment>& segments() const { return segments_; }
  /// Complete once a block was read: tables of later scans are not known before.
  [[nodiscard]] Frame frame() const;
  /// Segments after the start of the image data; known once the last block was read.
  [[nodiscard]] std::vector<MarkerSegment> late_segments() const;

 private:
  class Pass;
  Reader(const ByteSource& source, const ReadOptions& options) : source_(source), options_(options) {}
  Result<void> read_header();
  void choose_output_mode();
  Result<void> choose_segments();
  void describe_page();

  const ByteSource& source_;
  ReadOptions options_;
  OutputMode output_mode_ = OutputMode::planes;
  std::vector<MarkerSegment> segments_;
  bool has_multi_picture_ = false;
  std::vector<PageInfo> pages_;
  std::uint32_t imcu_rows_per_block_ = 1;

  // Set during decoding, by the first pass.
  mutable Notes notes_;
  mutable std::mutex mutex_;  // guards what follows
  mutable Frame frame_;
  mutable std::vector<MarkerSegment> late_segments_;
};

}  // namespace ece465::image::jpeg
