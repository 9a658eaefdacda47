#include "encoder.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "huffman.hpp"

namespace ece465::image::jpeg {
namespace {

struct ColorSpaces {
  J_COLOR_SPACE stored;  // of the planes
  J_COLOR_SPACE rows;    // of the pixels that libjpeg would convert to planes
};
ColorSpaces color_spaces_of(ColorModel color) {
  switch (color) {
    case ColorModel::gray: return {JCS_GRAYSCALE, JCS_GRAYSCALE};
    case ColorModel::ycbcr: return {JCS_YCbCr, JCS_RGB};
    case ColorModel::rgb: return {JCS_RGB, JCS_RGB};
  }
  return {JCS_UNKNOWN, JCS_UNKNOWN};
}

bool is_shared(const std::optional<JHUFF_TBL>& shared, const JHUFF_TBL& table) {
  return shared && same_codes(*shared, table);
}

/// Pads rows to `width` with their last pixel.
void extend_rows(Block& block, std::size_t pixel_bytes, std::uint32_t width) {
  if (block.width >= width) return;
  for (std::uint32_t y = 0; y < block.height; ++y) {
    std::byte* to = block.pixels.data() + y * block.stride + block.width * pixel_bytes;
    for (std::size_t n = (width - block.width) * pixel_bytes; n > 0; --n, ++to) *to = *(to - pixel_bytes);
  }
}

}  // namespace

Encoder::Encoder(ByteSink& sink) : errors_(nullptr), destination_(sink) { errors_.attach(info_); }

Encoder::~Encoder() { jpeg_destroy_compress(&info_); }

Result<void> Encoder::start(const EncoderSettings& settings) {
  frame_ = settings.frame;
  planes_ = settings.planes;
  static_assert(kMaxSide == JPEG_MAX_DIMENSION);
  if (frame_.width > kMaxSide || frame_.height > kMaxSide) {
    return fail(Errc::unsupported, "{} x {} pixels exceed JPEG's limit of {} per side; choose a .tif output",
                frame_.width, frame_.height, kMaxSide);
  }
  if (!frame_.interleaves()) make_scan_script();
  return errors_.run([&] {
    jpeg_create_compress(&info_);
    info_.dest = &destination_;
    configure(settings);
    if (settings.shared != nullptr) suppress_tables(*settings.shared);
    jpeg_start_compress(&info_, settings.shared == nullptr ? TRUE : FALSE);
  });
}

/// For components that do not fit in one MCU: each has its own scan, or two if progressive (DC, then AC).
void Encoder::make_scan_script() {
  for (std::size_t i = 0; i < frame_.components.size(); ++i) {
    jpeg_scan_info scan{};
    scan.comps_in_scan = 1;
    scan.component_index[0] = static_cast<int>(i);
    if (frame_.progressive) {
      scans_.push_back(scan);
      scan.Ss = 1;
    }
    scan.Se = DCTSIZE2 - 1;
    scans_.push_back(scan);
  }
}

/// Called within `errors_.run`.
void Encoder::configure(const EncoderSettings& settings) {
  const ColorSpaces spaces = color_spaces_of(frame_.color);
  info_.image_width = frame_.width;
  info_.image_height = frame_.height;
  info_.in_color_space = planes_ ? spaces.stored : spaces.rows;
  info_.input_components = static_cast<int>(frame_.components.size());
  jpeg_set_defaults(&info_);
  jpeg_set_colorspace(&info_, spaces.stored);
  info_.raw_data_in = planes_ ? TRUE : FALSE;
  info_.dct_method = JDCT_ISLOW;
  for (int i = 0; i < info_.num_components; ++i) {
    const Component& from = frame_.components[static_cast<std::size_t>(i)];
    info_.comp_info[i].component_id = from.id;
    info_.comp_info[i].h_samp_factor = from.h;
    info_.comp_info[i].v_samp_factor = from.v;
  }
  if (settings.quality > 0) {
    jpeg_set_quality(&info_, settings.quality, TRUE);
  } else {
    set_quant_tables();
  }
  info_.arith_code = frame_.arithmetic ? TRUE : FALSE;
  info_.optimize_coding = settings.optimize_huffman ? TRUE : FALSE;
  if (!scans_.empty()) {
    info_.scan_info = scans_.data();
    info_.num_scans = static_cast<int>(scans_.size());
  } else if (frame_.progressive) {
    jpeg_simple_progression(&info_);
  }
  info_.restart_interval = frame_.restart_interval;
  // The headers of an input file are copied as segments.
  info_.write_Adobe_marker = FALSE;
  info_.write_JFIF_header = settings.jfif ? TRUE : FALSE;
  if (settings.jfif && settings.jfif->x != 0) {
    info_.density_unit = 1;
    info_.X_density = settings.jfif->x;
    info_.Y_density = settings.jfif->y;
  }
}

/// Components keep their slots, unless two use different tables in the same slot (possible in files of several scans).
void Encoder::set_quant_tables() {
  std::array<const QuantTable*, NUM_QUANT_TBLS> slots{};
  for (std::size_t i = 0; i < frame_.components.size(); ++i) {
    const Component& from = frame_.components[i];
    auto slot = static_cast<std::size_t>(from.quant_slot);
    if (slots[slot] != nullptr && *slots[slot] != from.quant) {
      slot = static_cast<std::size_t>(
          std::ranges::find_if(slots,
                               [&](const QuantTable* table) { return table == nullptr || *table == from.quant; }) -
          slots.begin());
    }
    slots[slot] = &from.quant;
    info_.comp_info[i].quant_tbl_no = static_cast<int>(slot);
    JQUANT_TBL*& table = info_.quant_tbl_ptrs[slot];
    if (table == nullptr) table = jpeg_alloc_quant_table(reinterpret_cast<j_common_ptr>(&info_));
    std::ranges::copy(from.quant, table->quantval);
    table->sent_table = FALSE;
  }
}

void Encoder::suppress_tables(const SharedTables& shared) {
  jpeg_suppress_tables(&info_, FALSE);
  for (std::size_t i = 0; i < NUM_QUANT_TBLS; ++i) {
    JQUANT_TBL* const table = info_.quant_tbl_ptrs[i];
    if (table != nullptr && shared.quant[i] && std::ranges::equal(*shared.quant[i], table->quantval)) {
      table->sent_table = TRUE;
    }
  }
  for (std::size_t i = 0; i < NUM_HUFF_TBLS; ++i) {
    JHUFF_TBL* const dc = info_.dc_huff_tbl_ptrs[i];
    JHUFF_TBL* const ac = info_.ac_huff_tbl_ptrs[i];
    if (dc != nullptr && is_shared(shared.dc[i], *dc)) dc->sent_table = TRUE;
    if (ac != nullptr && is_shared(shared.ac[i], *ac)) ac->sent_table = TRUE;
  }
}

Result<void> Encoder::write_segment(int marker, Bytes content) {
  return errors_.run([&] {
    jpeg_write_marker(&info_, marker, reinterpret_cast<const JOCTET*>(content.data()),
                      static_cast<unsigned>(content.size()));
  });
}

Result<void> Encoder::write_icc(Bytes profile) {
  return errors_.run([&] {
    jpeg_write_icc_profile(&info_, reinterpret_cast<const JOCTET*>(profile.data()),
                           static_cast<unsigned>(profile.size()));
  });
}

Result<void> Encoder::write_band(Block& block, std::uint32_t imcu_rows) {
  const std::size_t components = frame_.components.size();
  const Band band = make_band(frame_, components, imcu_rows);
  if (!planes_ || block.height == 0 || block.width == 0 || block.stride != band.planes[0].stride ||
      block.pixels.size() < band.bytes) {
    return fail(Errc::internal, "a block of {} bytes is not a band of {} MCU rows", block.pixels.size(), imcu_rows);
  }
  extend_rows(block, 1, frame_.plane(0).padded_width);
  std::array<std::array<JSAMPROW, kMaxRowsPerImcu>, 3> rows{};
  std::array<JSAMPARRAY, 3> planes{rows[0].data(), rows[1].data(), rows[2].data()};
  auto* const base = reinterpret_cast<JSAMPLE*>(block.pixels.data());
  const auto lines = kDctSize * static_cast<JDIMENSION>(frame_.max_v());
  return errors_.run([&] {
    for (std::uint32_t r = 0; r < imcu_rows; ++r) {
      for (std::size_t c = 0; c < components; ++c) {
        const PlaneRows& plane = band.planes[c];
        const std::uint32_t count = plane.rows / imcu_rows;
        for (std::uint32_t y = 0; y < count; ++y) {
          const std::uint32_t row = r * count + y;
          rows[c][y] = base + plane.offset + plane.stride * (c == 0 ? std::min(row, block.height - 1) : row);
        }
      }
      jpeg_write_raw_data(&info_, planes.data(), lines);
    }
  });
}

Result<void> Encoder::write_rows(Block& block, std::uint32_t rows) {
  const std::size_t pixel_bytes = frame_.components.size();
  if (planes_ || block.height == 0 || block.width == 0 || block.stride < pixel_bytes * frame_.width ||
      block.pixels.size() < block.stride * block.height) {
    return fail(Errc::internal, "a block of {} bytes does not contain {} rows", block.pixels.size(), rows);
  }
  extend_rows(block, pixel_bytes, frame_.width);
  auto* const base = reinterpret_cast<JSAMPLE*>(block.pixels.data());
  return errors_.run([&] {
    std::array<JSAMPROW, kMaxRowsPerImcu> pointers;
    for (std::uint32_t done = 0; done < rows;) {
      const std::uint32_t count = std::min<std::uint32_t>(rows - done, kMaxRowsPerImcu);
      for (std::uint32_t y = 0; y < count; ++y)
        pointers[y] = base + block.stride * std::min(done + y, block.height - 1);
      done += jpeg_write_scanlines(&info_, pointers.data(), count);
    }
  });
}

Result<std::uint64_t> Encoder::finish() {
  ECE465_TRY(errors_.run([this] { jpeg_finish_compress(&info_); }));
  return destination_.position();
}

}  // namespace ece465::image::jpeg
