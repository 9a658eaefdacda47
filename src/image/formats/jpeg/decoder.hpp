#pragma once

#include <array>
#include <optional>
#include <vector>

#include "ece465/base/byte_source.hpp"
#include "ece465/base/limits.hpp"
#include "ece465/image/pixels.hpp"
#include "frame.hpp"
#include "markers.hpp"
#include "stream_codec.hpp"
#include "source_dest.hpp"
#include "error_manager.hpp"

namespace ece465::image::jpeg {

/// Tables that an abbreviated stream leaves out, by slot.
struct SharedTables {
  std::array<std::optional<QuantTable>, NUM_QUANT_TBLS> quant;
  std::array<std::optional<JHUFF_TBL>, NUM_HUFF_TBLS> dc, ac;
};

/// libjpeg's decompressor: one image, top to bottom. Calls in the order in which they stand here; after the
/// first failure, none.
class Decoder {
 public:
  /// `notes` may be null; both must outlive the decoder, as must sources.
  Decoder(const Limits& limits, Notes* notes);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Optional: an abbreviated stream that holds tables only.
  [[nodiscard]] Result<SharedTables> read_tables(Bytes stream);
  /// Reads up to the image data. `color`: what the components mean, if somebody knows better than the file.
  [[nodiscard]] Result<Frame> read_header(const ByteSource& source, std::optional<ColorModel> color = {});
  [[nodiscard]] Result<Frame> read_header(Bytes stream, std::optional<ColorModel> color = {});
  /// Prepares to decode; a file in several scans is read to its end. Returns the frame with its tables final.
  [[nodiscard]] Result<Frame> start(Delivery delivery);
  /// Decodes the next `imcu_rows` rows of MCUs as a band (planes, luma); `height`: the rows of component 0 that
  /// count.
  [[nodiscard]] Result<void> read_band(std::uint32_t imcu_rows, std::uint32_t height, Block& out);
  /// Decodes the next `height` rows (gray_rows, rgb_rows).
  [[nodiscard]] Result<void> read_rows(std::uint32_t height, Block& out);
  /// After the last row: reads to the end of the image, which must be there. Returns its offset.
  [[nodiscard]] Result<std::uint64_t> finish();
  /// APPn and COM segments that came after the image data had begun.
  [[nodiscard]] const std::vector<Segment>& late_segments() const { return monitor_.late; }

 private:
  /// Called by libjpeg while it reads.
  struct Monitor : jpeg_progress_mgr {
    explicit Monitor(const Limits& all) : jpeg_progress_mgr{}, limits(all) {}
    bool count_scans(j_decompress_ptr info) noexcept;
    bool keep(const Segment& segment, ErrorManager& trap) noexcept;

    const Limits& limits;
    std::vector<Segment> late;
    std::size_t late_bytes = 0;
  };

  Result<void> create();
  Result<Frame> read_header(std::optional<ColorModel> color);
  Result<Frame> describe(std::optional<ColorModel> color) const;
  void take_quant_tables();
  Result<void> check_complete() const;
  static void on_progress(j_common_ptr common);
  static boolean on_segment(j_decompress_ptr info);

  Notes* notes_;
  ErrorManager trap_;
  Monitor monitor_;
  jpeg_decompress_struct info_{};
  std::optional<Input> input_;
  Frame frame_;
  std::size_t components_ = 0;  // that are delivered
};

}  // namespace ece465::image::jpeg
