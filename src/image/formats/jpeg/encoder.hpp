#pragma once

#include <optional>
#include <vector>

#include "decoder.hpp"
#include "ece465/base/byte_sink.hpp"
#include "ece465/image/pixels.hpp"
#include "error_manager.hpp"
#include "frame.hpp"
#include "source_dest.hpp"

namespace ece465::image::jpeg {

struct EncoderSettings {
  Frame frame;
  /// 1-100: the tables of T.81, annex K, scaled as libjpeg does; 0: the frame's own.
  int quality = 0;
  /// Blocks are bands of stored planes (see Band), otherwise rows of gray or RGB pixels.
  bool planes = true;
  /// Optimize the Huffman tables for this image. Needs `frame.coefficient_bytes()` of memory, as several scans do.
  bool optimize_huffman = false;
  /// Write a JFIF header with this many dots per inch (0: unknown).
  struct Density {
    std::uint16_t x = 0, y = 0;
  };
  std::optional<Density> jfif;
  /// Tables equal to these are omitted from the stream.
  const SharedTables* shared = nullptr;
};

/// libjpeg's compressor: one image, top to bottom. Call the methods in the order of their declaration, and none after
/// a failure.
class Encoder {
 public:
  explicit Encoder(ByteSink& sink);
  ~Encoder();
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  [[nodiscard]] Result<void> start(const EncoderSettings& settings);
  /// An APPn or COM segment of at most 65,533 bytes.
  [[nodiscard]] Result<void> write_segment(int marker, Bytes content);
  /// A colour profile, in as many segments as needed.
  [[nodiscard]] Result<void> write_icc(Bytes profile);
  /// With `planes`: the next `imcu_rows` rows of MCUs, as a band (see Band). Samples of component 0 outside the block's
  /// width and height repeat its last column and row; the other components are encoded as decoded, including padding,
  /// so that their coefficients change as little as possible.
  [[nodiscard]] Result<void> write_band(Block& block, std::uint32_t imcu_rows);
  /// Without `planes`: the next `rows` rows of pixels, padded in the same way.
  [[nodiscard]] Result<void> write_rows(Block& block, std::uint32_t rows);
  /// Writes the rest. Returns the number of bytes written to the sink.
  [[nodiscard]] Result<std::uint64_t> finish();

 private:
  void make_scan_script();
  void configure(const EncoderSettings& settings);
  void set_quant_tables();
  void suppress_tables(const SharedTables& shared);

  ErrorManager errors_;
  jpeg_compress_struct info_{};
  DestinationManager destination_;
  Frame frame_;
  bool planes_ = true;
  std::vector<jpeg_scan_info> scans_;
};

}  // namespace ece465::image::jpeg
