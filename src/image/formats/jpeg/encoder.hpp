#pragma once

#include <optional>
#include <vector>

#include "decoder.hpp"
#include "ece465/base/byte_sink.hpp"
#include "ece465/image/pixels.hpp"
#include "frame.hpp"
#include "source_dest.hpp"
#include "error_manager.hpp"

namespace ece465::image::jpeg {

/// How an image is to be written.
struct EncoderSettings {
  Frame frame;
  /// 1-100: the standard's tables, scaled; 0: the frame's own.
  int quality = 0;
  /// Blocks are bands of stored planes (see Band); else rows of gray or RGB pixels.
  bool planes = true;
  /// Huffman tables made for this image. Takes `frame.coefficient_bytes()` of memory, as several scans do.
  bool optimize_huffman = false;
  /// A JFIF header with this many dots per inch (0: unknown); nothing: none is written.
  struct Density {
    std::uint16_t x = 0, y = 0;
  };
  std::optional<Density> jfif;
  /// Tables equal to these are left out of the stream.
  const SharedTables* shared = nullptr;
};

/// libjpeg's compressor: one image, top to bottom. Calls in the order in which they stand here; after the
/// first failure, none.
class Encoder {
 public:
  explicit Encoder(ByteSink& sink);
  ~Encoder();
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  [[nodiscard]] Result<void> start(const EncoderSettings& settings);
  /// An APPn or COM segment of at most 65,533 bytes.
  [[nodiscard]] Result<void> write_segment(int marker, Bytes content);
  /// A colour profile, in as many segments as it takes.
  [[nodiscard]] Result<void> write_icc(Bytes profile);
  /// With `planes`: the next `imcu_rows` rows of MCUs, as a band (see Band). Samples of component 0 outside the
  /// block's width and height are made by repeating its last column and row; the other components go in as
  /// they came out of the decoder, padding included, so that their coefficients stay.
  [[nodiscard]] Result<void> write_band(Block& block, std::uint32_t imcu_rows);
  /// Without: the next `rows` rows of pixels, of which those outside the block's width and height are made in
  /// the same way.
  [[nodiscard]] Result<void> write_rows(Block& block, std::uint32_t rows);
  /// Writes what is left. Returns the number of bytes written to the sink.
  [[nodiscard]] Result<std::uint64_t> finish();

 private:
  void script_scans();
  void configure(const EncoderSettings& settings);
  void set_quant_tables();
  void leave_out(const SharedTables& shared);

  ErrorManager trap_;
  jpeg_compress_struct info_{};
  Output output_;
  Frame frame_;
  bool planes_ = true;
  std::vector<jpeg_scan_info> scans_;
};

}  // namespace ece465::image::jpeg
