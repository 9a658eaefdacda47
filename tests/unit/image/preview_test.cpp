#include "ece465/image/preview.hpp"

#include <doctest/doctest.h>
#include <tiffio.h>

#include <algorithm>

#include "jpeg_file.hpp"
#include "png_file.hpp"
#include "tiff_file.hpp"

using namespace ece465;
using namespace ece465::image;
using namespace ece465::testing;

namespace {

constexpr PixelLayout kGray{.bits = 8, .colors = 1};
constexpr PixelLayout kRgb{.bits = 8, .colors = 3};

Result<std::vector<std::byte>> preview(Bytes file, std::uint32_t side, const PreviewOptions& options = {}) {
  return make_preview(*borrow_memory("picture", file), side, options);
}

Scene look(Bytes file, std::uint32_t side, const PreviewOptions& options = {}) {
  const auto made = preview(file, side, options);
  INFO((made ? "" : made.error().text()));
  REQUIRE(made);
  return decode_jpeg_rows(*made);
}

JpegOptions jpeg_of(JpegColor color) {
  JpegOptions options;
  options.color = color;
  return options;
}

/// A scene of one colour.
Scene flat(std::uint32_t width, std::uint32_t height, const PixelLayout& layout, std::vector<std::uint16_t> pixel) {
  Scene scene{width, height, layout, {}};
  for (std::size_t i = 0; i < std::size_t{width} * height; ++i) {
    scene.samples.insert(scene.samples.end(), pixel.begin(), pixel.end());
  }
  return scene;
}

/// Left half black, right half white, lower half darker by `darker`.
Scene quarters(std::uint32_t width, std::uint32_t height, std::uint16_t darker) {
  Scene scene{width, height, kGray, {}};
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      const std::uint16_t value = x < width / 2 ? 55 : 255;
      scene.samples.push_back(static_cast<std::uint16_t>(y < height / 2 ? value : value - darker));
    }
  }
  return scene;
}

/// JPEG is lossy, so levels are only approximate.
void check_pixel(const Scene& scene, std::uint32_t x, std::uint32_t y, std::vector<int> expected) {
  REQUIRE(scene.layout.samples() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(scene.at(x, y, i) == doctest::Approx(expected[i]).epsilon(0.02).scale(200));
  }
}

/// The mean difference between a scene, reduced by averaging, and its preview.
double difference(const Scene& scene, const Scene& small) {
  double sum = 0;
  for (std::uint32_t y = 0; y < small.height; ++y) {
    for (std::uint32_t x = 0; x < small.width; ++x) {
      double total = 0, count = 0;
      for (std::uint32_t v = y * scene.height / small.height; v < (y + 1) * scene.height / small.height; ++v) {
        for (std::uint32_t u = x * scene.width / small.width; u < (x + 1) * scene.width / small.width; ++u) {
          total += scene.at(u, v);
          ++count;
        }
      }
      sum += std::abs(total / count - small.at(x, y));
    }
  }
  return sum / (small.width * small.height);
}

}  // namespace

TEST_SUITE("preview") {
  TEST_CASE("the longer side has the requested size, the other is in proportion, nothing is enlarged") {
    const auto size = [](std::uint32_t width, std::uint32_t height, std::uint32_t side) {
      const Scene small = look(encode_png(flat(width, height, kGray, {90})), side);
      return std::pair(small.width, small.height);
    };
    CHECK(size(640, 400, 320) == std::pair(320U, 200U));
    CHECK(size(400, 640, 320) == std::pair(200U, 320U));
    CHECK(size(300, 200, 320) == std::pair(300U, 200U));
    CHECK(size(1000, 1, 100) == std::pair(100U, 1U));
    CHECK(size(1, 1000, 16) == std::pair(1U, 16U));
    CHECK(size(1, 1, 16) == std::pair(1U, 1U));
    CHECK(size(321, 214, 320) == std::pair(320U, 213U));
  }

  TEST_CASE("every pixel is the average of its cell, for all formats and layouts") {
    const Scene scene = landscape(601, 437, kGray);
    JpegOptions progressive;
    progressive.progressive = true;
    TiffShape tiles;
    tiles.tile_width = 64;
    tiles.tile_height = 48;
    tiles.compression = COMPRESSION_LZW;
    PngShape interlaced;
    interlaced.interlaced = true;
    const std::vector<std::vector<std::byte>> files{encode_jpeg(scene, {}), encode_jpeg(scene, progressive),
                                                    encode_png(scene),      encode_png(scene, interlaced),
                                                    encode_tiff(scene),     encode_tiff(scene, tiles)};
    for (std::size_t i = 0; i < files.size(); ++i) {
      CAPTURE(i);
      const Scene small = look(files[i], 100);
      CHECK(small.width == 100);
      CHECK(difference(scene, small) < 4);
    }
  }

  TEST_CASE("of large pages only strips and tiles in the centre of cells are decoded, and the picture is the same") {
    const Scene scene = quarters(600, 800, 30);
    PreviewOptions options;
    options.whole_pixels = 0;
    TiffShape tiles;
    tiles.tile_width = tiles.tile_height = 32;
    TiffShape thin;
    thin.rows_per_strip = 3;
    for (const auto& file : {encode_tiff(scene, tiles), encode_tiff(scene, thin)}) {
      const Scene small = look(file, 16, options);
      CHECK(small.width == 12);
      CHECK(small.height == 16);
      check_pixel(small, 2, 2, {55});
      check_pixel(small, 9, 2, {255});
      check_pixel(small, 2, 13, {25});
      check_pixel(small, 9, 13, {225});
    }
    // A lower limit makes the preview smaller.
    options.max_pixels = 200'000;
    const Scene smaller = look(encode_tiff(scene, tiles), 320, options);
    CHECK(smaller.height < 320);
    CHECK(smaller.height > 1);
    check_pixel(smaller, smaller.width - 1, 0, {255});
  }

  TEST_CASE("16 bits become 8 over the full range, and inverted gray is inverted") {
    check_pixel(look(encode_tiff(flat(40, 40, {.bits = 16, .colors = 1}, {128 * 257})), 16), 8, 8, {128});
    check_pixel(look(encode_png(flat(40, 40, {.bits = 16, .colors = 3}, {65535, 0, 20000})), 16), 8, 8, {255, 0, 78});
    check_pixel(look(encode_tiff(flat(40, 40, {.bits = 8, .colors = 1, .inverted = true}, {200})), 16), 8, 8, {55});
  }

  TEST_CASE("colours, palettes and transparency") {
    check_pixel(look(encode_jpeg(flat(64, 64, kRgb, {200, 40, 90}), jpeg_of(JpegColor::ycbcr)), 16), 8, 8,
                {200, 40, 90});
    PngShape palette;
    palette.palette = {0, 0, 0, 10, 200, 30};
    check_pixel(look(encode_png(flat(40, 40, kGray, {1}), palette), 16), 8, 8, {10, 200, 30});
    TiffShape map;
    map.red.assign(256, 65535);
    map.green.assign(256, 100 * 257);
    map.blue.assign(256, 0);
    check_pixel(look(encode_tiff(flat(40, 40, kGray, {7}), map), 16), 8, 8, {255, 100, 0});
    const PixelLayout rgba{.bits = 8, .colors = 3, .extras = 1, .alpha = Alpha::unassociated};
    check_pixel(look(encode_png(flat(40, 40, rgba, {0, 100, 200, 0})), 16), 8, 8, {255, 255, 255});
    check_pixel(look(encode_png(flat(40, 40, rgba, {0, 100, 200, 128})), 16), 8, 8, {127, 177, 227});
    const PixelLayout premultiplied{.bits = 8, .colors = 3, .extras = 1, .alpha = Alpha::associated};
    check_pixel(look(encode_tiff(flat(40, 40, premultiplied, {0, 50, 100, 128})), 16), 8, 8, {127, 177, 227});
  }

  TEST_CASE("the orientation is kept, other metadata is not") {
    using namespace std::string_literals;
    using namespace std::string_view_literals;
    const auto exif_of = [](std::string_view value) {
      return "Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x0F\0\x02\0\0\0\4Can\0\x01\x12\0\x03\0\0\0\x01\0"s +
             std::string(value) + "\0\0\0\0\0\0"s;
    };
    JpegOptions options;
    options.markers = {jpeg_marker(0xE1, exif_of("\x06")), jpeg_marker(0xFE, "a comment")};
    const auto rotated = preview(encode_jpeg(flat(40, 20, kGray, {90}), options), 16);
    REQUIRE(rotated);
    const auto markers = decode_jpeg(*rotated).markers;
    const auto exif = std::ranges::find(markers, 0xE1, &JpegMarker::code);
    REQUIRE(exif != markers.end());
    CHECK(as_text(exif->content) == "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"sv);
    CHECK(std::ranges::find(markers, 0xFE, &JpegMarker::code) == markers.end());

    TiffShape shape;
    shape.tags = [](TIFF* tiff) { TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_RIGHTTOP); };
    const auto tiff = preview(encode_tiff(flat(40, 20, kGray, {90}), shape), 16);
    REQUIRE(tiff);
    const auto tiff_markers = decode_jpeg(*tiff).markers;
    const auto tiff_exif = std::ranges::find(tiff_markers, 0xE1, &JpegMarker::code);
    REQUIRE(tiff_exif != tiff_markers.end());
    CHECK(tiff_exif->content == exif->content);

    options.markers = {jpeg_marker(0xE1, exif_of("\x01"))};
    const auto normal = preview(encode_jpeg(flat(40, 20, kGray, {90}), options), 16);
    REQUIRE(normal);
    const auto few = decode_jpeg(*normal).markers;
    CHECK(std::ranges::find(few, 0xE1, &JpegMarker::code) == few.end());
  }

  TEST_CASE("files that are not images, are damaged or exceed the limits are rejected") {
    CHECK(preview(as_bytes("no image at all"), 16).error().code == Errc::bad_input);
    CHECK(preview({}, 16).error().code == Errc::bad_input);
    const Scene scene = landscape(600, 400, kGray);
    auto cut = encode_png(scene);
    cut.resize(cut.size() / 2);
    CHECK(preview(cut, 16).error().code == Errc::corrupt);
    CHECK(!preview(encode_jpeg(flat(40, 40, kRgb, {1, 2, 3}), jpeg_of(JpegColor::cmyk)), 16));
    PreviewOptions options;
    options.max_pixels = 200'000;
    const auto slow = preview(encode_png(scene), 16, options);
    REQUIRE(!slow);
    CHECK(slow.error().code == Errc::too_large);
    options = {};
    options.memory_bytes = 1000;
    JpegOptions progressive;
    progressive.progressive = true;
    CHECK(preview(encode_jpeg(scene, progressive), 16, options).error().code == Errc::too_large);
  }
}
