#pragma once

#include <map>
#include <mutex>

#include "filter.hpp"
#include "output.hpp"

namespace ece465::image::png {

/// Rows of samples on their way to a part of the compressed stream: packed or swapped as PNG stores them,
/// filtered, and compressed band by band. One per thread.
class RowEncoder {
 public:
  /// Rows have `width` pixels (of an interlaced image: its pass's).
  RowEncoder(const Header& header, std::uint32_t width);

  /// What the next row may be predicted from; null: nothing. Rows must stay where they are until the next one
  /// has been added.
  void set_above(const std::byte* row);
  /// Takes a row of samples.
  [[nodiscard]] Result<void> add(const std::byte* row);

  /// A run of rows, compressed.
  struct Part {
    std::vector<std::byte> bytes;
    std::uint32_t checksum = 1;  // Adler-32 of what was compressed
    std::uint64_t raw_bytes = 0;
  };
  /// All rows since the last part. `last`: of the whole image.
  [[nodiscard]] Result<Part> finish_part(bool last);

 private:
  const std::byte* stored(const std::byte* row);
  [[nodiscard]] Result<void> compress(bool last);

  Header header_;
  std::uint32_t width_;
  std::size_t row_bytes_;
  RowFilter filter_;
  Buffer filtered_;
  std::size_t filled_ = 0;
  Buffer scratch_[2];  // the row at hand and the one above, where they are not stored as they come
  const std::byte* above_ = nullptr;
  Part part_;
  std::vector<std::byte> compressed_;
};

/// Puts parts in order into IDAT chunks, whoever finishes first, and adds what makes them one zlib stream.
class ImageStream {
 public:
  ImageStream(Output& output, std::size_t parts) : output_(output), parts_(parts) {}

  /// Thread-safe. Parts may come in any order; each is written once all before it were.
  [[nodiscard]] Result<void> add(std::size_t index, RowEncoder::Part part);
  [[nodiscard]] bool is_complete() const { return next_ == parts_; }

 private:
  [[nodiscard]] Result<void> write(RowEncoder::Part& part);

  Output& output_;
  std::size_t parts_;
  std::mutex mutex_;  // guards what follows, and output_
  std::map<std::size_t, RowEncoder::Part> waiting_;
  std::size_t next_ = 0;
  std::uint32_t checksum_ = 1;
};

}  // namespace ece465::image::png
