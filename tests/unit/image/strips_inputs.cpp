#include "strips_inputs.hpp"

#include <tiff.h>

#include "jpeg_file.hpp"
#include "png_file.hpp"
#include "tiff_file.hpp"

using namespace ece465::image;

namespace ece465::testing {
namespace {

Scene indices(std::uint32_t width, std::uint32_t height) {
  Scene scene = landscape(width, height, {});
  for (auto& v : scene.samples) v %= 64;
  return scene;
}

}  // namespace

std::vector<Input> jpegs() {
  std::vector<Input> all;
  const auto add = [&](std::string name, const Scene& scene, const JpegOptions& options) {
    all.push_back({std::move(name), Format::jpeg, encode_jpeg(scene, options)});
  };
  add("gray JPEG", landscape(203, 150, {}), {});
  add("gray JPEG of whole MCUs", landscape(208, 160, {}), {});
  const Scene color = landscape(203, 150, {.colors = 3});
  JpegOptions full;
  full.color = JpegColor::ycbcr;
  add("JPEG 4:4:4", color, full);
  JpegOptions halved = full;
  halved.factors = {{{2, 2}, {1, 1}, {1, 1}}};
  add("JPEG 4:2:0", color, halved);
  JpegOptions odd = full;
  odd.factors = {{{1, 1}, {2, 2}, {1, 1}}};
  add("JPEG with less luma than chroma", color, odd);
  JpegOptions progressive = halved;
  progressive.progressive = true;
  add("progressive JPEG", color, progressive);
  JpegOptions rgb;
  rgb.color = JpegColor::rgb;
  add("RGB JPEG", color, rgb);
  return all;
}

PixelLayout with_alpha(std::uint8_t bits, std::uint8_t colors, Alpha alpha) {
  return {.bits = bits, .colors = colors, .extras = 1, .alpha = alpha};
}

std::vector<Input> tiffs() {
  std::vector<Input> all;
  const auto add = [&](std::string name, const std::vector<Scene>& pages, const TiffShape& shape = {}) {
    all.push_back({std::move(name), Format::tiff, encode_tiff(pages, shape)});
  };
  const Scene gray = landscape(101, 80, {}), color = landscape(101, 80, {.colors = 3});
  const Scene deep = landscape(101, 80, {.bits = 16}), deep_color = landscape(101, 80, {.bits = 16, .colors = 3});
  add("gray TIFF", {gray});
  add("16-bit TIFF", {deep}, {.big_endian = true});
  add("RGB TIFF", {color});
  add("16-bit RGB TIFF", {deep_color});
  add("inverted TIFF", {landscape(101, 80, {.inverted = true})});
  for (const Alpha alpha : {Alpha::associated, Alpha::unassociated}) {
    const std::string kind = alpha == Alpha::associated ? " associated" : " unassociated";
    add("gray TIFF with alpha" + kind, {landscape(101, 80, with_alpha(8, 1, alpha))});
    add("RGB TIFF with alpha" + kind, {landscape(101, 80, with_alpha(8, 3, alpha))});
    add("16-bit RGB TIFF with alpha" + kind, {landscape(101, 80, with_alpha(16, 3, alpha))});
  }
  add("RGB TIFF with two extras", {landscape(50, 40, {.colors = 3, .extras = 2, .alpha = Alpha::unassociated})});
  add("planar TIFF", {deep_color}, {.planar = true});
  add("planar deflated TIFF", {color}, {.compression = COMPRESSION_ADOBE_DEFLATE, .planar = true});
  add("deflated TIFF", {deep}, {.compression = COMPRESSION_ADOBE_DEFLATE, .predictor = 2});
  add("LZW TIFF", {color}, {.compression = COMPRESSION_LZW, .predictor = 2});
  add("tiled TIFF", {landscape(150, 110, {})}, {.tile_width = 32, .tile_height = 48});
  add("tiled 16-bit RGB TIFF", {landscape(700, 70, {.bits = 16, .colors = 3})}, {.tile_width = 128, .tile_height = 64});
  add("tiled deflated TIFF", {landscape(700, 200, {})},
      {.compression = COMPRESSION_ADOBE_DEFLATE, .tile_width = 256, .tile_height = 64});
  add("TIFF of three pages", {gray, landscape(40, 30, {.colors = 3}), deep});
  TiffShape palette;
  for (unsigned i = 0; i < 256; ++i) {
    palette.red.push_back(static_cast<std::uint16_t>(9000 + i * 71 % 300 * 100));
    palette.green.push_back(static_cast<std::uint16_t>(9000 + i * 113 % 300 * 100));
    palette.blue.push_back(static_cast<std::uint16_t>(9000 + i * 37 % 300 * 100));
  }
  add("palette TIFF", {indices(101, 80)}, palette);
  add("JPEG in TIFF", {landscape(96, 80, {.colors = 3})},
      {.compression = COMPRESSION_JPEG, .rows_per_strip = 16, .h_sampling = 2, .v_sampling = 2});
  return all;
}

std::vector<Input> pngs() {
  std::vector<Input> all;
  const auto add = [&](std::string name, const Scene& scene, const PngShape& shape = {}) {
    all.push_back({std::move(name), Format::png, encode_png(scene, shape)});
  };
  for (const bool interlaced : {false, true}) {
    PngShape shape;
    shape.interlaced = interlaced;
    const std::string kind = interlaced ? "interlaced " : "";
    add(kind + "gray PNG", landscape(300, 200, {}), shape);
    add(kind + "16-bit PNG", landscape(300, 200, {.bits = 16}), shape);
    add(kind + "RGB PNG", landscape(300, 200, {.colors = 3}), shape);
    add(kind + "gray PNG with alpha", landscape(300, 200, with_alpha(8, 1, Alpha::unassociated)), shape);
    add(kind + "16-bit RGB PNG with alpha", landscape(300, 200, with_alpha(16, 3, Alpha::unassociated)), shape);
    for (unsigned i = 0; i < 64; ++i) {
      for (const unsigned k : {71U, 113U, 37U}) shape.palette.push_back(static_cast<std::uint8_t>(90 + i * k % 80));
    }
    add(kind + "palette PNG", indices(300, 200), shape);
  }
  PngShape bits;
  bits.bit_depth = 2;
  Scene shallow = landscape(100, 90, {});
  for (auto& v : shallow.samples) v %= 4;
  add("2-bit PNG", shallow, bits);
  return all;
}

StripsWay way_of(std::uint64_t strip_bytes) {
  StripsWay way;
  way.options.strip_bytes = strip_bytes;
  return way;
}

Input plain_tiff(std::uint32_t rows, std::uint8_t bits) {
  return {"plain TIFF", Format::tiff, encode_tiff(landscape(8192U / bits, rows, {.bits = bits}))};
}

Input tall_png() { return {"tall PNG", Format::png, encode_png(landscape(500, 6000, {}))}; }

std::uint64_t least_memory(const Input& input) {
  const auto source = borrow_memory(input.name, input.bytes);
  const auto reader = open_image(*source, {});
  ECE465_REQUIRE_OK(reader);
  const PageInfo& page = (*reader)->pages()[0];
  constexpr std::uint64_t kListOfStrips = std::uint64_t{64} << 10;
  return page.decoder_bytes + page.encoder_bytes + page.thread_bytes + 4 * page.block_bytes + kListOfStrips;
}

}  // namespace ece465::testing
