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

  // For the writer of a file like this one.

  [[nodiscard]] const ByteSource& source() const { return source_; }
  [[nodiscard]] bool interleaved() const { return options_.interleaved; }
  [[nodiscard]] Delivery delivery() const { return delivery_; }
  /// The segments to carry over, in order.
  [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }
  /// As far as it is known: all of it once a block was read.
  [[nodiscard]] Frame frame() const;
  /// Segments that stand behind the beginning of the image data; known once the last block was read.
  [[nodiscard]] std::vector<Segment> late_segments() const;

 private:
  class Pass;
  Reader(const ByteSource& source, const ReadOptions& options) : source_(source), options_(options) {}
  Result<void> read_header();
  void choose_delivery();
  Result<void> choose_segments();
  void describe_page();

  const ByteSource& source_;
  ReadOptions options_;
  Delivery delivery_ = Delivery::planes;
  std::vector<Segment> segments_;
  bool many_pictures_ = false;
  std::vector<PageInfo> pages_;
  std::uint32_t imcu_rows_per_block_ = 1;

  // Learnt while decoding, by whichever pass comes first.
  mutable Notes notes_;
  mutable std::mutex mutex_;  // guards what follows
  mutable Frame frame_;
  mutable std::vector<Segment> late_segments_;
};

}  // namespace ece465::image::jpeg
