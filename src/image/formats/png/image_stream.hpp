#pragma once

#include <map>
#include <mutex>

#include "band_encoder.hpp"
#include "chunk_writer.hpp"

namespace ece465::image::png {

/// Puts parts in order into IDAT chunks, whoever finishes first, and adds what makes them one zlib stream.
class ImageStream {
 public:
  ImageStream(Output& output, std::size_t parts) : output_(output), parts_(parts) {}

  /// Thread-safe. Parts may come in any order; each is written once all before it were.
  [[nodiscard]] Result<void> add(std::size_t index, Part part);
  [[nodiscard]] bool is_complete() const { return next_ == parts_; }

 private:
  [[nodiscard]] Result<void> write(const Part& part);

  Output& output_;
  std::size_t parts_;
  std::mutex mutex_;  // guards what follows, and output_
  std::map<std::size_t, Part> waiting_;
  std::size_t next_ = 0;
  std::uint32_t checksum_ = 1;
};

}  // namespace ece465::image::png
