#include <cstdio>
// jpeglib.h needs FILE and size_t.
#include <jpeglib.h>

#include <algorithm>

#include "make_image.hpp"

namespace ece465::testing {
namespace {

void write_marker(jpeg_compress_struct& jpeg, int marker, std::string_view head, std::span<const std::uint8_t> data) {
  std::vector<std::uint8_t> bytes(head.begin(), head.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  jpeg_write_marker(&jpeg, marker, bytes.data(), static_cast<unsigned>(bytes.size()));
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void write_metadata(jpeg_compress_struct& jpeg, const ImageSpec& spec) {
  using namespace std::string_view_literals;
  write_marker(jpeg, JPEG_APP0 + 1, "Exif\0\0"sv, make_exif());
  write_marker(jpeg, JPEG_APP0 + 1, "http://ns.adobe.com/xap/1.0/\0"sv, bytes_of(xmp_packet()));
  write_marker(jpeg, JPEG_APP0 + 11, "ECE465 private\0"sv, bytes_of(comment_text()));
  const auto icc = make_icc(spec.color != Color::gray, spec.icc_bytes);
  jpeg_write_icc_profile(&jpeg, icc.data(), static_cast<unsigned>(icc.size()));
  write_marker(jpeg, JPEG_COM, "", bytes_of(comment_text()));
  write_marker(jpeg, JPEG_COM, "", bytes_of("a second comment"));
}

}  // namespace

void write_jpeg(const ImageSpec& spec, const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) die(path + ": cannot write");

  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);  // prints and exits
  jpeg_create_compress(&jpeg);
  jpeg_stdio_dest(&jpeg, file);
  jpeg.image_width = spec.width;
  jpeg.image_height = spec.height;
  switch (spec.color) {
    case Color::gray: jpeg.in_color_space = JCS_GRAYSCALE; break;
    case Color::rgb:
    case Color::ycbcr: jpeg.in_color_space = JCS_RGB; break;
    case Color::cmyk: jpeg.in_color_space = JCS_CMYK; break;
    default: die("JPEG supports gray, ycbcr, rgb and cmyk");
  }
  jpeg.input_components = spec.color == Color::gray ? 1 : spec.color == Color::cmyk ? 4 : 3;
  jpeg_set_defaults(&jpeg);
  if (spec.color == Color::rgb) jpeg_set_colorspace(&jpeg, JCS_RGB);
  jpeg_set_quality(&jpeg, spec.quality, TRUE);
  if (spec.color == Color::ycbcr) {
    jpeg.comp_info[0].h_samp_factor = spec.h_sampling;
    jpeg.comp_info[0].v_samp_factor = spec.v_sampling;
  }
  if (spec.progressive) jpeg_simple_progression(&jpeg);
  jpeg.arith_code = spec.arithmetic ? TRUE : FALSE;
  jpeg.optimize_coding = spec.optimize ? TRUE : FALSE;
  jpeg.restart_in_rows = spec.restart_rows;
  if (spec.metadata) {
    jpeg.density_unit = 1;
    jpeg.X_density = jpeg.Y_density = 300;
  }
  jpeg_start_compress(&jpeg, TRUE);
  if (spec.metadata) write_metadata(jpeg, spec);

  const auto layout = painted_layout(spec);
  LandscapePainter painter(spec.width, spec.height, layout, spec.seed);
  std::vector<std::uint16_t> samples(std::size_t{spec.width} * layout.samples());
  std::vector<JSAMPLE> row(std::size_t{spec.width} * static_cast<std::size_t>(jpeg.input_components));
  for (std::uint32_t y = 0; y < spec.height; ++y) {
    painter.paint(y, samples);
    if (spec.color == Color::cmyk) {
      // Inverted, as Adobe stores it, and without black.
      for (std::size_t x = 0; x < spec.width; ++x) {
        for (std::size_t c = 0; c < 3; ++c) row[x * 4 + c] = static_cast<JSAMPLE>(samples[x * 3 + c]);
        row[x * 4 + 3] = 255;
      }
    } else {
      std::transform(samples.begin(), samples.end(), row.begin(), [](auto v) { return static_cast<JSAMPLE>(v); });
    }
    JSAMPROW rows[] = {row.data()};
    jpeg_write_scanlines(&jpeg, rows, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  const bool failed = std::ferror(file) != 0;
  if (std::fclose(file) != 0 || failed) die(path + ": cannot write");
}

}  // namespace ece465::testing
