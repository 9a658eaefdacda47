#include <tiffio.h>

#include <cstdlib>

#include "jpeg_file.hpp"
#include "tiff_checks.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::equalized;
using testing::Scene;
using testing::TiffAnatomy;
using testing::TiffShape;
using testing::with;

namespace {

/// Samples differ by at most `max`: JPEG loses a little in decoding and in encoding.
void check_close(const Scene& is, const Scene& should_be, int max) {
  REQUIRE(is.layout == should_be.layout);
  REQUIRE(is.samples.size() == should_be.samples.size());
  int worst = 0;
  for (std::size_t i = 0; i < is.samples.size(); ++i) {
    worst = std::max(worst, std::abs(is.samples[i] - should_be.samples[i]));
  }
  CHECK(worst <= max);
}

std::vector<TiffShape> jpeg_shapes() {
  TiffShape strips{.compression = COMPRESSION_JPEG, .rows_per_strip = 16, .quality = 100};
  TiffShape tiles = strips;
  tiles.tile_width = 32;
  tiles.tile_height = 16;
  TiffShape one = strips;
  one.rows_per_strip = 1000;
  TiffShape big = tiles;
  big.big_endian = big.big_tiff = true;
  return {strips, tiles, one, big};
}

/// A YCbCr page's stored planes, decoded from its streams by libjpeg. Chroma includes the padding of tiles.
struct Planes {
  Scene luma;
  std::vector<std::uint16_t> chroma;
};
Planes planes_of(Bytes file, std::uint32_t width, std::uint32_t height) {
  const TiffAnatomy anatomy(file);
  const auto& page = anatomy.chain[0];
  const bool tiled = page.tags.contains(TIFFTAG_TILEWIDTH);
  const auto segment_width = tiled ? anatomy.integers(page, TIFFTAG_TILEWIDTH)[0] : width;
  const auto segment_height = anatomy.integers(page, tiled ? TIFFTAG_TILELENGTH : TIFFTAG_ROWSPERSTRIP)[0];
  Planes all;
  all.luma = {.width = width, .height = height, .layout = {.bits = 8}, .samples = {}};
  all.luma.samples.resize(std::size_t{width} * height);
  std::size_t index = 0;
  for (std::uint64_t top = 0; top < height; top += segment_height) {
    for (std::uint64_t left = 0; left < width; left += segment_width, ++index) {
      const auto picture = testing::decode_jpeg(anatomy.segment(page, index), page.tags.at(TIFFTAG_JPEGTABLES).values);
      const auto& luma = picture.planes.at(0);
      for (std::uint32_t y = 0; y < luma.height && top + y < height; ++y) {
        for (std::uint32_t x = 0; x < luma.width && left + x < width; ++x) {
          all.luma.samples[(top + y) * width + left + x] = luma.samples[std::size_t{y} * luma.width + x];
        }
      }
      for (std::size_t plane = 1; plane < picture.planes.size(); ++plane) {
        const auto& samples = picture.planes[plane].samples;
        all.chroma.insert(all.chroma.end(), samples.begin(), samples.end());
      }
    }
  }
  return all;
}

}  // namespace

TEST_SUITE("JPEG in TIFF") {
  TEST_CASE("gray and RGB, planar or not, keep tables and tags") {
    for (TiffShape shape : jpeg_shapes()) {
      for (const std::uint8_t colors : {std::uint8_t{1}, std::uint8_t{3}}) {
        for (const bool planar : {false, true}) {
          if (planar && colors == 1) continue;
          for (const Channels channels : {Channels::luma, Channels::each, Channels::gray}) {
            CAPTURE(int{colors});
            CAPTURE(planar);
            CAPTURE(static_cast<int>(channels));
            CAPTURE(shape.tile_width);
            shape.planar = planar;
            const auto input = testing::encode_tiff(testing::landscape(70, 45, {.bits = 8, .colors = colors}), shape);
            const auto output = equalized(input, with(channels));
            check_close(testing::decode_tiff(output), testing::oracle(testing::decode_tiff(input), channels), 3);
            const TiffAnatomy before(input), after(output);
            CHECK(before.chain[0].tags.at(TIFFTAG_JPEGTABLES) == after.chain[0].tags.at(TIFFTAG_JPEGTABLES));
            if (channels != Channels::gray) testing::check_same_tags(input, output);
          }
        }
      }
    }
  }

  TEST_CASE("only the luma of YCbCr changes, for any subsampling") {
    for (TiffShape shape : jpeg_shapes()) {
      for (const auto& [h, v] : std::vector<std::pair<std::uint16_t, std::uint16_t>>{{1, 1}, {2, 1}, {2, 2}}) {
        CAPTURE(h);
        CAPTURE(v);
        CAPTURE(shape.tile_width);
        shape.h_sampling = h;
        shape.v_sampling = v;
        const auto input = testing::encode_tiff(testing::landscape(70, 45, {.bits = 8, .colors = 3}), shape);
        const auto output = equalized(input);
        testing::check_same_tags(input, output);
        const Planes before = planes_of(input, 70, 45), after = planes_of(output, 70, 45);
        check_close(after.luma, testing::oracle(before.luma, Channels::luma), 3);
        REQUIRE(before.chroma.size() == after.chroma.size());
        int worst = 0;
        for (std::size_t i = 0; i < before.chroma.size(); ++i) {
          worst = std::max(worst, std::abs(before.chroma[i] - after.chroma[i]));
        }
        CHECK(worst <= 1);

        EqualizeOptions four;
        four.threads = 4;
        CHECK(equalized(input, four) == output);
      }
    }
  }

  TEST_CASE("YCbCr becomes a gray JPEG, or its RGB channels are equalized separately") {
    for (TiffShape shape : jpeg_shapes()) {
      CAPTURE(shape.tile_width);
      shape.h_sampling = shape.v_sampling = 2;
      const auto input = testing::encode_tiff(testing::landscape(70, 45, {.bits = 8, .colors = 3}), shape);
      const auto gray = equalized(input, with(Channels::gray));
      const TiffAnatomy file(gray);
      CHECK(file.integers(file.chain[0], TIFFTAG_PHOTOMETRIC) == std::vector<std::uint64_t>{PHOTOMETRIC_MINISBLACK});
      CHECK(file.integers(file.chain[0], TIFFTAG_COMPRESSION) == std::vector<std::uint64_t>{COMPRESSION_JPEG});
      CHECK_FALSE(file.chain[0].tags.contains(TIFFTAG_YCBCRSUBSAMPLING));
      check_close(testing::decode_tiff(gray), testing::oracle(planes_of(input, 70, 45).luma, Channels::luma), 3);

      const auto each = equalized(input, with(Channels::each));
      testing::check_same_tags(input, each);
      const Scene colors = testing::decode_tiff(each);
      CHECK(colors.layout.colors == 3);
      CHECK(std::ranges::max(colors.samples) > 240);
    }
  }

  TEST_CASE("truncated or damaged streams, and strips of other sizes, are rejected") {
    const Scene scene = testing::landscape(70, 45, {.bits = 8});
    const auto whole = testing::encode_tiff(scene, jpeg_shapes()[0]);
    const TiffAnatomy file(whole);
    const auto offset = file.integers(file.chain[0], TIFFTAG_STRIPOFFSETS).at(1);
    auto damaged = whole;
    for (std::size_t i = 0; i < 40; ++i) damaged[offset + i] = std::byte{0};
    const auto result = testing::try_equalize(damaged);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::corrupt);
    CHECK(result.error().text().find("strip 1") != std::string::npos);

    auto wider = whole;
    const auto width_at = file.chain[0].tags.at(TIFFTAG_IMAGEWIDTH).where;
    wider[width_at] = std::byte{69};
    CHECK_FALSE(testing::try_equalize(wider));
    wider[width_at] = std::byte{71};
    CHECK_FALSE(testing::try_equalize(wider));

    for (std::size_t n = 0; n < whole.size(); n += 23) CHECK_FALSE(testing::try_equalize(Bytes(whole).first(n)));
  }
}
