#include "decoder.hpp"

#include <algorithm>

#include "huffman.hpp"

namespace ece465::image::jpeg {
namespace {

QuantTable to_table(const JQUANT_TBL& from) {
  QuantTable table;
  std::ranges::copy(from.quantval, table.begin());
  return table;
}

Result<ColorModel> model_of(const jpeg_decompress_struct& info) {
  switch (info.jpeg_color_space) {
    case JCS_GRAYSCALE: return ColorModel::gray;
    case JCS_YCbCr: return ColorModel::ycbcr;
    case JCS_RGB: return ColorModel::rgb;
    case JCS_CMYK: return fail(Errc::unsupported, "CMYK is not supported in JPEG; convert the image to RGB first");
    case JCS_YCCK:
      return fail(Errc::unsupported, "YCCK (CMYK) is not supported in JPEG; convert the image to RGB first");
    default:
      return fail(Errc::unsupported, "{} components of unknown meaning; only gray, YCbCr and RGB are supported",
                  info.num_components);
  }
}

}  // namespace

Decoder::Decoder(const Limits& limits, Notes* notes) : notes_(notes), errors_(notes), monitor_(limits) {
  errors_.attach(info_);
}

Decoder::~Decoder() { jpeg_destroy_decompress(&info_); }

Result<void> Decoder::create() {
  if (info_.mem != nullptr) return {};
  return errors_.run([this] { jpeg_create_decompress(&info_); });
}

Result<SharedTables> Decoder::read_tables(Bytes stream) {
  ECE465_TRY(create());
  source_.emplace(stream);
  info_.src = &*source_;
  int found = 0;
  ECE465_TRY(errors_.run([&] { found = jpeg_read_header(&info_, FALSE); }));
  if (found != JPEG_HEADER_TABLES_ONLY) return fail(Errc::corrupt, "the shared JPEG tables contain an image");
  SharedTables tables;
  for (std::size_t i = 0; i < NUM_QUANT_TBLS; ++i) {
    if (const auto* table = info_.quant_tbl_ptrs[i]; table != nullptr) tables.quant[i] = to_table(*table);
  }
  for (std::size_t i = 0; i < NUM_HUFF_TBLS; ++i) {
    if (const auto* table = info_.dc_huff_tbl_ptrs[i]; table != nullptr) tables.dc[i] = *table;
    if (const auto* table = info_.ac_huff_tbl_ptrs[i]; table != nullptr) tables.ac[i] = *table;
  }
  return tables;
}

Result<Frame> Decoder::read_header(const ByteSource& source, std::optional<ColorModel> color) {
  source_.emplace(source);
  return read_header(color);
}

Result<Frame> Decoder::read_header(Bytes stream, std::optional<ColorModel> color) {
  source_.emplace(stream);
  return read_header(color);
}

Result<Frame> Decoder::read_header(std::optional<ColorModel> color) {
  ECE465_TRY(create());
  info_.src = &*source_;
  monitor_.progress_monitor = on_progress;
  info_.progress = &monitor_;
  ECE465_TRY(errors_.run([this] { jpeg_read_header(&info_, TRUE); }));
  ECE465_ASSIGN(frame_, describe(color));
  copy_quant_tables();
  return frame_;
}

Result<Frame> Decoder::describe(std::optional<ColorModel> color) const {
  Frame frame;
  frame.width = info_.image_width;
  frame.height = info_.image_height;
  if (info_.data_precision != BITS_IN_JSAMPLE) {
    return fail(Errc::unsupported, "JPEG with {} bits per sample is not supported, only 8", info_.data_precision);
  }
  if (color) {
    const int expected = *color == ColorModel::gray ? 1 : 3;
    if (info_.num_components != expected) {
      return fail(Errc::corrupt, "the JPEG stream has {} components instead of {}", info_.num_components, expected);
    }
    frame.color = *color;
  } else {
    ECE465_ASSIGN(frame.color, model_of(info_));
  }
  frame.progressive = info_.progressive_mode != FALSE;
  frame.arithmetic = info_.arith_code != FALSE;
  frame.multi_scan = frame.progressive || info_.comps_in_scan < info_.num_components;
  frame.restart_interval = info_.restart_interval;
  for (int i = 0; i < info_.num_components; ++i) {
    const jpeg_component_info& from = info_.comp_info[i];
    frame.components.push_back({from.component_id, from.h_samp_factor, from.v_samp_factor, from.quant_tbl_no, {}});
  }
  for (int i = 0; i < info_.comps_in_scan; ++i) {
    const jpeg_component_info& component = *info_.cur_comp_info[i];
    const auto slot = [](auto& tables, int n) { return n >= 0 && n < NUM_HUFF_TBLS ? tables[n] : nullptr; };
    frame.standard_huffman = frame.standard_huffman &&
                             is_standard_dc(slot(info_.dc_huff_tbl_ptrs, component.dc_tbl_no)) &&
                             is_standard_ac(slot(info_.ac_huff_tbl_ptrs, component.ac_tbl_no));
  }
  return frame;
}

/// A component uses the table that is in its slot when its data begins; scans may redefine slots.
void Decoder::copy_quant_tables() {
  for (std::size_t i = 0; i < frame_.components.size(); ++i) {
    const jpeg_component_info& from = info_.comp_info[i];
    const JQUANT_TBL* table = from.quant_table;
    if (table == nullptr && from.quant_tbl_no >= 0 && from.quant_tbl_no < NUM_QUANT_TBLS) {
      table = info_.quant_tbl_ptrs[from.quant_tbl_no];
    }
    if (table != nullptr) frame_.components[i].quant = to_table(*table);
  }
}

Result<Frame> Decoder::start(OutputMode output) {
  components_ = output == OutputMode::planes || output == OutputMode::rgb_rows ? frame_.components.size() : 1;
  const bool raw = is_planar(output);
  switch (frame_.color) {
    case ColorModel::gray: info_.jpeg_color_space = JCS_GRAYSCALE; break;
    case ColorModel::ycbcr: info_.jpeg_color_space = JCS_YCbCr; break;
    case ColorModel::rgb: info_.jpeg_color_space = JCS_RGB; break;
  }
  info_.raw_data_out = raw ? TRUE : FALSE;
  info_.out_color_space = raw ? info_.jpeg_color_space : output == OutputMode::rgb_rows ? JCS_RGB : JCS_GRAYSCALE;
  info_.dct_method = JDCT_ISLOW;
  // As in libjpeg's own conversion to gray, the coefficients of other components are skipped without a transform.
  for (std::size_t i = components_; raw && i < frame_.components.size(); ++i) {
    info_.comp_info[i].component_needed = FALSE;
  }
  ECE465_TRY(errors_.run([this] {
    jpeg_set_marker_processor(&info_, JPEG_COM, on_segment);
    for (int n = 0; n < 16; ++n) jpeg_set_marker_processor(&info_, JPEG_APP0 + n, on_segment);
    jpeg_start_decompress(&info_);
  }));
  ECE465_TRY(check_complete());
  copy_quant_tables();
  ECE465_TRY(check_quant_tables(frame_));
  return frame_;
}

/// A file may lack some of its scans; libjpeg would fill in gray for them.
Result<void> Decoder::check_complete() const {
  for (int i = 0; i < info_.num_components; ++i) {
    if (info_.comp_info[i].quant_table == nullptr) {
      return fail(Errc::corrupt, "ends early: component {} of {} is missing", i + 1, info_.num_components);
    }
    if (info_.coef_bits == nullptr) continue;  // not progressive
    const int* const bits = info_.coef_bits[i];
    if (bits[0] < 0)
      return fail(Errc::corrupt, "ends early: component {} of {} is missing", i + 1, info_.num_components);
    if (notes_ != nullptr && std::any_of(bits, bits + DCTSIZE2, [](int b) { return b > 0; })) {
      notes_->add("the last progressive scans are missing: the image lacks detail");
    }
  }
  return {};
}

Result<void> Decoder::read_band(std::uint32_t imcu_rows, std::uint32_t height, Block& out) {
  const Band band = make_band(frame_, components_, imcu_rows);
  out.width = frame_.plane(0).width;
  out.height = height;
  out.stride = band.planes[0].stride;
  out.pixels.resize(band.bytes);
  std::array<std::array<JSAMPROW, kMaxRowsPerImcu>, 3> rows{};
  std::array<JSAMPARRAY, 3> planes{};
  auto* const base = reinterpret_cast<JSAMPLE*>(out.pixels.data());
  const auto lines = static_cast<JDIMENSION>(info_.max_v_samp_factor) * kDctSize;
  return errors_.run([&] {
    for (std::uint32_t r = 0; r < imcu_rows; ++r) {
      for (std::size_t c = 0; c < components_; ++c) {
        const PlaneRows& plane = band.planes[c];
        const std::size_t count = plane.rows / imcu_rows;
        JSAMPLE* row = base + plane.offset + r * count * plane.stride;
        for (std::size_t y = 0; y < count; ++y, row += plane.stride) rows[c][y] = row;
        planes[c] = rows[c].data();
      }
      jpeg_read_raw_data(&info_, planes.data(), lines);
    }
  });
}

Result<void> Decoder::read_rows(std::uint32_t height, Block& out) {
  out.width = frame_.width;
  out.height = height;
  out.stride = std::size_t{frame_.width} * components_;
  out.pixels.resize(out.stride * height);
  auto* const base = reinterpret_cast<JSAMPLE*>(out.pixels.data());
  return errors_.run([&] {
    std::array<JSAMPROW, kMaxRowsPerImcu> rows;
    for (std::uint32_t done = 0; done < height;) {
      const std::uint32_t wanted = std::min<std::uint32_t>(height - done, kMaxRowsPerImcu);
      for (std::uint32_t y = 0; y < wanted; ++y) rows[y] = base + (done + y) * out.stride;
      done += jpeg_read_scanlines(&info_, rows.data(), wanted);
    }
  });
}

Result<std::uint64_t> Decoder::finish() {
  ECE465_TRY(errors_.run([this] { jpeg_finish_decompress(&info_); }));
  return source_->position();
}

Result<void> Decoder::ProgressMonitor::check_scans(j_decompress_ptr info) const {
  if (info->input_scan_number <= limits.max_jpeg_scans) return {};
  return fail(Errc::too_large, "more than {} scans", limits.max_jpeg_scans);
}

void Decoder::on_progress(j_common_ptr common) {
  auto* const info = reinterpret_cast<j_decompress_ptr>(common);
  ErrorManager::of(info).run_callback(
      [info] { return static_cast<const ProgressMonitor*>(info->progress)->check_scans(info); });
}

Result<void> Decoder::ProgressMonitor::keep(const MarkerSegment& segment) {
  late_bytes += sizeof(segment) + segment.length;
  if (late_bytes > limits.max_metadata_bytes) {
    return fail(Errc::too_large, "more than {} MiB of metadata", limits.max_metadata_bytes >> 20);
  }
  late.push_back(segment);
  return {};
}

boolean Decoder::on_segment(j_decompress_ptr info) {
  const unsigned high = SourceManager::next_byte(info);
  const unsigned with_length = high << 8 | SourceManager::next_byte(info);
  const unsigned length = with_length < 2 ? 0 : with_length - 2;
  const MarkerSegment segment{info->unread_marker, SegmentKind::other,
                              static_cast<SourceManager*>(info->src)->position(), static_cast<std::uint16_t>(length)};
  ErrorManager::of(info).run_callback([&] { return static_cast<ProgressMonitor*>(info->progress)->keep(segment); });
  info->src->skip_input_data(info, static_cast<long>(length));
  return TRUE;
}

}  // namespace ece465::image::jpeg
