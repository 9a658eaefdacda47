#include "jpeg_file.hpp"

#include <cstdio>
// jpeglib.h needs FILE and size_t.
#include <jpeglib.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>

namespace ece465::testing {
namespace {

J_COLOR_SPACE space_of(JpegColor color) {
  switch (color) {
    case JpegColor::gray: return JCS_GRAYSCALE;
    case JpegColor::ycbcr: return JCS_YCbCr;
    case JpegColor::rgb: return JCS_RGB;
    case JpegColor::cmyk: return JCS_CMYK;
  }
  return JCS_UNKNOWN;
}

/// A compressor that writes to memory. libjpeg's own error handler ends the process, which is fine in tests.
class Compressor {
 public:
  explicit Compressor(const JpegOptions& options) {
    info.err = jpeg_std_error(&errors_);
    errors_.trace_level = -1;  // no warnings about wide tables
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &memory_, &size_);
    info.input_components = options.color == JpegColor::gray ? 1 : options.color == JpegColor::cmyk ? 4 : 3;
    info.in_color_space = options.color == JpegColor::ycbcr ? JCS_RGB : space_of(options.color);
    jpeg_set_defaults(&info);
    jpeg_set_colorspace(&info, space_of(options.color));
    jpeg_set_quality(&info, options.quality, options.wide_tables ? FALSE : TRUE);
    for (std::size_t i = 0; i < static_cast<std::size_t>(info.num_components) && i < 3; ++i) {
      info.comp_info[i].h_samp_factor = options.factors[i].h;
      info.comp_info[i].v_samp_factor = options.factors[i].v;
    }
    if (options.progressive) jpeg_simple_progression(&info);
    if (options.one_component_per_scan) {
      for (int i = 0; i < info.num_components; ++i) {
        jpeg_scan_info scan{};
        scan.comps_in_scan = 1;
        scan.component_index[0] = i;
        if (options.progressive) {
          scans_.push_back(scan);
          scan.Ss = 1;
        }
        scan.Se = DCTSIZE2 - 1;
        scans_.push_back(scan);
      }
      info.scan_info = scans_.data();
      info.num_scans = static_cast<int>(scans_.size());
    }
    info.arith_code = options.arithmetic ? TRUE : FALSE;
    info.optimize_coding = options.optimize ? TRUE : FALSE;
    info.restart_interval = options.restart_interval;
    info.write_JFIF_header = options.jfif && options.color <= JpegColor::ycbcr ? TRUE : FALSE;
  }
  ~Compressor() {
    jpeg_destroy_compress(&info);
    std::free(memory_);
  }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  std::vector<std::byte> take() const {
    const auto* const bytes = reinterpret_cast<const std::byte*>(memory_);
    return {bytes, bytes + size_};
  }

  jpeg_compress_struct info{};

 private:
  jpeg_error_mgr errors_{};
  std::vector<jpeg_scan_info> scans_;
  unsigned char* memory_ = nullptr;
  unsigned long size_ = 0;
};

class Decompressor {
 public:
  Decompressor(Bytes file, Bytes tables) {
    info.err = jpeg_std_error(&errors_);
    jpeg_create_decompress(&info);
    if (!tables.empty()) {
      feed(tables);
      jpeg_read_header(&info, FALSE);
    }
    feed(file);
    jpeg_save_markers(&info, JPEG_COM, 0xFFFF);
    for (int n = 0; n < 16; ++n) jpeg_save_markers(&info, JPEG_APP0 + n, 0xFFFF);
    jpeg_read_header(&info, TRUE);
  }
  ~Decompressor() { jpeg_destroy_decompress(&info); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  jpeg_decompress_struct info{};

 private:
  void feed(Bytes bytes) { jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()); }
  jpeg_error_mgr errors_{};
};

bool is_standard_ac(const JHUFF_TBL& table) {
  const Compressor standard(JpegOptions{});
  return std::equal(table.bits + 1, table.bits + 17, standard.info.ac_huff_tbl_ptrs[0]->bits + 1);
}

JpegPlane shape_of(const jpeg_component_info& component) {
  JpegPlane plane;
  plane.id = component.component_id;
  plane.factors = {component.h_samp_factor, component.v_samp_factor};
  plane.width = component.downsampled_width;
  plane.height = component.downsampled_height;
  return plane;
}

}  // namespace

JpegMarker jpeg_marker(int code, std::string_view content) {
  const Bytes bytes = as_bytes(content);
  return {code, {bytes.begin(), bytes.end()}};
}

std::vector<std::byte> encode_jpeg(const Scene& scene, const JpegOptions& options) {
  assert(scene.layout.bits == 8 && scene.layout.extras == 0);
  Compressor compressor(options);
  auto& info = compressor.info;
  info.image_width = scene.width;
  info.image_height = scene.height;
  if (!options.tables) jpeg_suppress_tables(&info, TRUE);
  jpeg_start_compress(&info, options.tables ? TRUE : FALSE);
  for (const auto& marker : options.markers) {
    jpeg_write_marker(&info, marker.code, reinterpret_cast<const JOCTET*>(marker.content.data()),
                      static_cast<unsigned>(marker.content.size()));
  }
  const auto components = static_cast<std::size_t>(info.input_components);
  const std::size_t colors = scene.layout.colors;
  std::vector<JSAMPLE> row(scene.width * components, 255);
  for (std::uint32_t y = 0; y < scene.height; ++y) {
    for (std::uint32_t x = 0; x < scene.width; ++x) {
      for (std::size_t c = 0; c < colors; ++c) row[x * components + c] = static_cast<JSAMPLE>(scene.at(x, y, c));
    }
    JSAMPROW rows[] = {row.data()};
    jpeg_write_scanlines(&info, rows, 1);
  }
  jpeg_finish_compress(&info);
  return compressor.take();
}

std::vector<std::byte> encode_jpeg_tables(const JpegOptions& options) {
  Compressor compressor(options);
  jpeg_write_tables(&compressor.info);
  return compressor.take();
}

JpegPicture decode_jpeg(Bytes file, Bytes tables) {
  Decompressor decompressor(file, tables);
  auto& info = decompressor.info;
  JpegPicture picture;
  picture.width = info.image_width;
  picture.height = info.image_height;
  picture.color = info.jpeg_color_space == JCS_GRAYSCALE ? JpegColor::gray
                  : info.jpeg_color_space == JCS_RGB     ? JpegColor::rgb
                  : info.jpeg_color_space == JCS_YCbCr   ? JpegColor::ycbcr
                                                         : JpegColor::cmyk;
  picture.progressive = info.progressive_mode != FALSE;
  picture.arithmetic = info.arith_code != FALSE;
  picture.restart_interval = info.restart_interval;
  if (const auto* table = info.ac_huff_tbl_ptrs[0]; table != nullptr) picture.standard_huffman = is_standard_ac(*table);
  for (auto* marker = info.marker_list; marker != nullptr; marker = marker->next) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(marker->data);
    picture.markers.push_back({marker->marker, {bytes, bytes + marker->data_length}});
  }

  info.raw_data_out = TRUE;
  info.out_color_space = info.jpeg_color_space;
  jpeg_start_decompress(&info);
  std::vector<std::vector<std::vector<JSAMPLE>>> rows;  // of one MCU row, per component
  for (int i = 0; i < info.num_components; ++i) {
    const auto& component = info.comp_info[i];
    picture.planes.push_back(shape_of(component));
    std::copy_n(component.quant_table->quantval, 64, picture.planes.back().quant.begin());
    rows.emplace_back(static_cast<std::size_t>(component.v_samp_factor) * DCTSIZE,
                      std::vector<JSAMPLE>(std::size_t{component.width_in_blocks} * DCTSIZE));
  }
  while (info.output_scanline < info.output_height) {
    std::vector<std::vector<JSAMPROW>> pointers;
    std::vector<JSAMPARRAY> arrays;
    for (auto& component : rows) {
      pointers.emplace_back();
      for (auto& row : component) pointers.back().push_back(row.data());
    }
    for (auto& p : pointers) arrays.push_back(p.data());
    jpeg_read_raw_data(&info, arrays.data(), static_cast<JDIMENSION>(info.max_v_samp_factor) * DCTSIZE);
    for (std::size_t i = 0; i < picture.planes.size(); ++i) {
      auto& plane = picture.planes[i];
      for (const auto& row : rows[i]) {
        if (plane.samples.size() == std::size_t{plane.width} * plane.height) break;
        plane.samples.insert(plane.samples.end(), row.begin(), row.begin() + static_cast<std::ptrdiff_t>(plane.width));
      }
    }
  }
  jpeg_finish_decompress(&info);
  return picture;
}

Scene decode_jpeg_rows(Bytes file) {
  Decompressor decompressor(file, {});
  auto& info = decompressor.info;
  info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&info);
  Scene scene;
  scene.width = info.output_width;
  scene.height = info.output_height;
  scene.layout.colors = static_cast<std::uint8_t>(info.output_components);
  std::vector<JSAMPLE> row(std::size_t{scene.width} * scene.layout.colors);
  while (info.output_scanline < info.output_height) {
    JSAMPROW rows[] = {row.data()};
    jpeg_read_scanlines(&info, rows, 1);
    scene.samples.insert(scene.samples.end(), row.begin(), row.end());
  }
  jpeg_finish_decompress(&info);
  return scene;
}

Scene scene_of(const JpegPlane& plane) { return {plane.width, plane.height, {}, plane.samples}; }

}  // namespace ece465::testing
