#pragma once

#include "ece465/base/byte_sink.hpp"
#include "ece465/base/byte_source.hpp"
#include "error_manager.hpp"

/// Where libjpeg's bytes come from and go to, through small buffers of fixed size.

namespace ece465::image::jpeg {

/// Feeds a decompressor. The end of the source before the end of the image is an error, always: libjpeg's own
/// sources make up an end-of-image marker there and let half a picture pass.
class Input : public jpeg_source_mgr {
 public:
  /// Reads `source` from its beginning.
  explicit Input(const ByteSource& source);
  /// Reads bytes in place.
  explicit Input(Bytes bytes);

  /// Offset of the next byte that libjpeg will see.
  [[nodiscard]] std::uint64_t position() const { return offset_ - bytes_in_buffer; }
  /// The next byte, for marker routines; leaves through the trap at the end.
  static unsigned next_byte(j_decompress_ptr info);

 private:
  void set_routines();
  bool refill(ErrorManager& trap) noexcept;
  static boolean on_fill(j_decompress_ptr info);
  static void on_skip(j_decompress_ptr info, long count);

  const ByteSource* source_ = nullptr;
  std::uint64_t end_ = 0;
  std::uint64_t offset_ = 0;  // of the byte after the buffer
  Buffer buffer_;
};

/// Takes what a compressor makes.
class Output : public jpeg_destination_mgr {
 public:
  /// Writes to `sink` from offset 0.
  explicit Output(ByteSink& sink);

  /// Bytes written to the sink.
  [[nodiscard]] std::uint64_t position() const { return offset_; }

 private:
  bool flush(ErrorManager& trap, std::size_t count) noexcept;
  static void on_start(j_compress_ptr info);
  static boolean on_full(j_compress_ptr info);
  static void on_end(j_compress_ptr info);

  ByteSink& sink_;
  std::uint64_t offset_ = 0;
  Buffer buffer_;
};

}  // namespace ece465::image::jpeg
