#pragma once

#include <array>
#include <optional>
#include <vector>

#include "ece465/base/byte_source.hpp"
#include "ece465/base/limits.hpp"
#include "ece465/image/pixels.hpp"
#include "error_manager.hpp"
#include "frame.hpp"
#include "markers.hpp"
#include "source_dest.hpp"
#include "stream_codec.hpp"

namespace ece465::image::jpeg {

/// Tables that an abbreviated stream omits, by slot.
struct SharedTables {
  std::array<std::optional<QuantTable>, NUM_QUANT_TBLS> quant;
  std::array<std::optional<JHUFF_TBL>, NUM_HUFF_TBLS> dc, ac;
};

/// libjpeg's decompressor: one image, top to bottom. Call the methods in the order of their declaration, and none
/// after a failure.
class Decoder {
 public:
  /// `notes` may be null. Limits, notes and sources must outlive the decoder.
  Decoder(const Limits& limits, Notes* notes);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Optional: an abbreviated stream that holds tables only.
  [[nodiscard]] Result<SharedTables> read_tables(Bytes stream);
  /// Reads up to the image data. `color`: the meaning of the components, if known; overrides the file's markers.
  [[nodiscard]] Result<Frame> read_header(const ByteSource& source, std::optional<ColorModel> color = {});
  [[nodiscard]] Result<Frame> read_header(Bytes stream, std::optional<ColorModel> color = {});
  /// Prepares to decode; reads a file in several scans to its end. Returns the frame with its final tables.
  [[nodiscard]] Result<Frame> start(OutputMode output);
  /// Decodes the next `imcu_rows` rows of MCUs as a band. `height`: its rows of component 0 inside the image.
  [[nodiscard]] Result<void> read_band(std::uint32_t imcu_rows, std::uint32_t height, Block& out);
  /// Decodes the next `height` rows (gray_rows, rgb_rows).
  [[nodiscard]] Result<void> read_rows(std::uint32_t height, Block& out);
  /// After the last row: reads the end of the image, which must be present. Returns its offset.
  [[nodiscard]] Result<std::uint64_t> finish();
  /// APPn and COM segments after the start of the image data.
  [[nodiscard]] const std::vector<MarkerSegment>& late_segments() const { return monitor_.late; }

 private:
  /// Applies the limits while libjpeg reads.
  struct ProgressMonitor : jpeg_progress_mgr {
    explicit ProgressMonitor(const Limits& all) : jpeg_progress_mgr{}, limits(all) {}
    Result<void> check_scans(j_decompress_ptr info) const;
    Result<void> keep(const MarkerSegment& segment);

    const Limits& limits;
    std::vector<MarkerSegment> late;
    std::size_t late_bytes = 0;
  };

  Result<void> create();
  Result<Frame> read_header(std::optional<ColorModel> color);
  Result<Frame> describe(std::optional<ColorModel> color) const;
  void copy_quant_tables();
  Result<void> check_complete() const;
  static void on_progress(j_common_ptr common);
  static boolean on_segment(j_decompress_ptr info);

  Notes* notes_;
  ErrorManager errors_;
  ProgressMonitor monitor_;
  jpeg_decompress_struct info_{};
  std::optional<SourceManager> source_;
  Frame frame_;
  std::size_t components_ = 0;  // in the output
};

}  // namespace ece465::image::jpeg
