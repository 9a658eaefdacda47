#pragma once

#include "chunks.hpp"

namespace ece465::image::png {

/// Writes a PNG file from front to back.
class ChunkWriter {
 public:
  explicit ChunkWriter(ByteSink& sink) : sink_(sink) {}

  [[nodiscard]] Result<void> append(Bytes bytes);
  [[nodiscard]] Result<void> append_chunk(ChunkName name, Bytes data) {
    return append_joined(name, {Bytes(), data, Bytes()});
  }
  /// Writes a chunk whose data consists of three pieces, some of which may be empty.
  [[nodiscard]] Result<void> append_joined(ChunkName name, const std::array<Bytes, 3>& pieces);
  /// Copies complete chunks of another file, checksums included.
  [[nodiscard]] Result<void> copy(const ByteSource& source, std::uint64_t offset, std::uint64_t bytes);

 private:
  ByteSink& sink_;
  std::uint64_t offset_ = 0;
  std::vector<std::byte> scratch_;
};

/// IHDR's data.
[[nodiscard]] std::array<std::byte, 13> header_data(const Header& header);

}  // namespace ece465::image::png
