#pragma once

#include "ece465/base/byte_sink.hpp"
#include "ece465/base/byte_source.hpp"
#include "error_manager.hpp"

/// libjpeg's source and destination managers on top of `ByteSource` and `ByteSink`, with buffers of fixed size.

namespace ece465::image::jpeg {

/// Feeds a decompressor. A source that ends before the image does is always an error: libjpeg's own source managers
/// insert an end-of-image marker there and accept half an image.
class SourceManager : public jpeg_source_mgr {
 public:
  /// Reads `source` from its beginning.
  explicit SourceManager(const ByteSource& source);
  /// Reads bytes in place.
  explicit SourceManager(Bytes bytes);

  /// Offset of the next byte that libjpeg will see.
  [[nodiscard]] std::uint64_t position() const { return offset_ - bytes_in_buffer; }
  /// The next byte, for marker callbacks; at the end it leaves through the error manager.
  static unsigned next_byte(j_decompress_ptr info);

 private:
  void set_callbacks();
  Result<void> refill();
  static boolean on_fill(j_decompress_ptr info);
  static void on_skip(j_decompress_ptr info, long count);

  const ByteSource* source_ = nullptr;
  std::uint64_t end_ = 0;
  std::uint64_t offset_ = 0;  // of the byte after the buffer
  Buffer buffer_;
};

/// Writes a compressor's output.
class DestinationManager : public jpeg_destination_mgr {
 public:
  /// Writes to `sink` from offset 0.
  explicit DestinationManager(ByteSink& sink);

  /// Bytes written to the sink.
  [[nodiscard]] std::uint64_t position() const { return offset_; }

 private:
  Result<void> flush(std::size_t count);
  static void on_start(j_compress_ptr info);
  static boolean on_full(j_compress_ptr info);
  static void on_end(j_compress_ptr info);

  ByteSink& sink_;
  std::uint64_t offset_ = 0;
  Buffer buffer_;
};

}  // namespace ece465::image::jpeg
