#include <doctest/doctest.h>
#include <tiffio.h>

#include "tiff_checks.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::equalized;
using testing::Scene;
using testing::TiffAnatomy;
using testing::TiffShape;
using testing::with;

namespace {

struct Storage {
  std::string name;
  TiffShape shape;
};

/// Different storage of the same pixels.
std::vector<Storage> storages() {
  std::vector<Storage> all;
  const auto add = [&](const char* name, auto change) {
    Storage storage{.name = name, .shape = {}};
    change(storage.shape);
    all.push_back(std::move(storage));
  };
  add("strips", [](TiffShape&) {});
  add("one strip", [](TiffShape& s) { s.rows_per_strip = 1000; });
  add("strips of one row", [](TiffShape& s) { s.rows_per_strip = 1; });
  add("tiles", [](TiffShape& s) { s.tile_width = 16, s.tile_height = 32; });
  add("LZW", [](TiffShape& s) { s.compression = COMPRESSION_LZW; });
  add("LZW tiles, predictor",
      [](TiffShape& s) { s.compression = COMPRESSION_LZW, s.predictor = 2, s.tile_width = 32, s.tile_height = 16; });
  add("deflate, predictor", [](TiffShape& s) { s.compression = COMPRESSION_ADOBE_DEFLATE, s.predictor = 2; });
  add("old deflate", [](TiffShape& s) { s.compression = COMPRESSION_DEFLATE, s.rows_per_strip = 43; });
  add("PackBits", [](TiffShape& s) { s.compression = COMPRESSION_PACKBITS; });
  add("zstd", [](TiffShape& s) { s.compression = COMPRESSION_ZSTD, s.predictor = 2; });
  add("LZMA", [](TiffShape& s) { s.compression = COMPRESSION_LZMA, s.rows_per_strip = 43; });
  add("mirrored bits", [](TiffShape& s) { s.mirrored_bits = true; });
  add("mirrored bits, LZW", [](TiffShape& s) { s.mirrored_bits = true, s.compression = COMPRESSION_LZW; });
  return all;
}

/// A budget for two threads on the first page that leaves no memory to keep it.
std::uint64_t two_threads_memory(Bytes tiff) {
  const auto source = borrow_memory("test.tif", tiff);
  const auto reader = open_image(*source, {});
  REQUIRE(reader);
  const PageInfo& page = (*reader)->pages()[0];
  return page.decoder_bytes + 2 * (3 * page.block_bytes + page.thread_bytes);
}

}  // namespace

TEST_SUITE("TIFF") {
  TEST_CASE("each layout in each storage matches the oracle and keeps its storage") {
    for (const std::uint8_t bits : {std::uint8_t{8}, std::uint8_t{16}}) {
      for (const PixelLayout layout :
           {PixelLayout{.bits = bits}, PixelLayout{.bits = bits, .inverted = true},
            PixelLayout{.bits = bits, .extras = 1, .alpha = Alpha::unassociated},
            PixelLayout{.bits = bits, .colors = 3},
            PixelLayout{.bits = bits, .colors = 3, .extras = 2, .alpha = Alpha::unassociated}}) {
        const Scene scene = testing::landscape(61, 43, layout);
        for (auto& [name, shape] : storages()) {
          for (const bool planar : {false, true}) {
            if (planar && layout.samples() == 1) continue;
            for (const bool other_order : {false, true}) {
              CAPTURE(name);
              CAPTURE(int{bits});
              CAPTURE(int{layout.colors});
              CAPTURE(planar);
              CAPTURE(other_order);
              shape.planar = planar;
              shape.big_endian = other_order;
              shape.big_tiff = planar != other_order;
              const auto input = testing::encode_tiff(scene, shape);
              const auto output = equalized(input);
              CHECK(testing::decode_tiff(output) == testing::oracle(scene, Channels::luma));
              testing::check_same_tags(input, output);
            }
          }
        }
      }
    }
  }

  TEST_CASE("gray results keep their storage and have the tags of gray images") {
    for (auto& [name, shape] : storages()) {
      for (const bool planar : {false, true}) {
        CAPTURE(name);
        CAPTURE(planar);
        const PixelLayout layout{.bits = 16, .colors = 3, .extras = 1, .alpha = Alpha::unassociated};
        const Scene scene = testing::landscape(61, 43, layout);
        shape.planar = planar;
        const auto output = equalized(testing::encode_tiff(scene, shape), with(Channels::gray));
        CHECK(testing::decode_tiff(output) == testing::oracle(scene, Channels::gray));
        const TiffAnatomy file(output);
        CHECK(file.integers(file.chain[0], TIFFTAG_COMPRESSION) == std::vector<std::uint64_t>{shape.compression});
      }
    }
  }

  TEST_CASE("separate colour channels, in each planar configuration") {
    for (const bool planar : {false, true}) {
      const Scene scene = testing::landscape(40, 30, {.bits = 8, .colors = 3});
      const auto output = equalized(testing::encode_tiff(scene, {.compression = COMPRESSION_LZW, .planar = planar}),
                                    with(Channels::each));
      CHECK(testing::decode_tiff(output) == testing::oracle(scene, Channels::each));
    }
  }

  TEST_CASE("associated alpha stays associated and untouched") {
    const Scene scene = testing::landscape(50, 20, {.bits = 8, .colors = 3, .extras = 1, .alpha = Alpha::associated});
    const Scene result = testing::decode_tiff(equalized(testing::encode_tiff(scene)));
    CHECK(result.layout == scene.layout);
    for (std::uint32_t x = 0; x < scene.width; ++x) CHECK(result.at(x, 3, 3) == scene.at(x, 3, 3));
  }

  TEST_CASE("a palette is equalized instead of the indices, which stay") {
    Scene indices = testing::landscape(64, 32, {.bits = 8});
    TiffShape shape{.compression = COMPRESSION_LZW};
    for (std::uint32_t i = 0; i < 256; ++i) {
      shape.red.push_back(static_cast<std::uint16_t>(20'000 + i * 60));
      shape.green.push_back(static_cast<std::uint16_t>(21'000 + i * 50));
      shape.blue.push_back(static_cast<std::uint16_t>(22'000 + i * 40));
    }
    const auto input = testing::encode_tiff(indices, shape);
    const auto output = equalized(input);
    CHECK(testing::decode_tiff(output) == indices);
    const TiffAnatomy before(input), after(output);
    const auto old_map = before.integers(before.chain[0], TIFFTAG_COLORMAP);
    const auto new_map = after.integers(after.chain[0], TIFFTAG_COLORMAP);
    REQUIRE(new_map.size() == 768);
    // In luma, the darkest index that occurs becomes black, and the lightest white.
    const auto [low, high] = std::ranges::minmax(indices.samples);
    const auto luma = [&](const auto& map, std::size_t i) {
      return (19595 * map[i] + 38470 * map[256 + i] + 7471 * map[512 + i] + 32768) >> 16;
    };
    CHECK(luma(old_map, low) > 20'000);
    CHECK(luma(new_map, low) < 2'000);
    CHECK(luma(new_map, high) > 63'000);

    SUBCASE("and becomes levels in a gray result") {
      const auto gray = equalized(input, with(Channels::gray));
      const TiffAnatomy file(gray);
      CHECK(file.integers(file.chain[0], TIFFTAG_PHOTOMETRIC) == std::vector<std::uint64_t>{PHOTOMETRIC_MINISBLACK});
      CHECK_FALSE(file.chain[0].tags.contains(TIFFTAG_COLORMAP));
      const Scene result = testing::decode_tiff(gray);
      for (std::size_t i = 1; i < indices.samples.size(); ++i) {
        if (indices.samples[i - 1] < indices.samples[i]) CHECK(result.samples[i - 1] <= result.samples[i]);
      }
    }
  }

  TEST_CASE("pages keep their order and storage and are equalized separately") {
    std::vector<Scene> pages;
    for (const std::uint32_t seed : {1U, 2U, 3U, 4U, 5U}) {
      pages.push_back(testing::landscape(30 + seed, 20 + seed, {.bits = 8}, seed));
    }
    for (const bool big : {false, true}) {
      const auto input = testing::encode_tiff(pages, {.compression = COMPRESSION_LZW, .big_tiff = big});
      const auto output = equalized(input);
      for (std::size_t i = 0; i < pages.size(); ++i) {
        CAPTURE(i);
        CHECK(testing::decode_tiff(output, i) == testing::oracle(pages[i], Channels::luma));
        testing::check_same_tags(input, output, i);
      }
    }
  }

  TEST_CASE("the bytes do not depend on threads or memory") {
    for (auto& [name, shape] : storages()) {
      for (const bool planar : {false, true}) {
        CAPTURE(name);
        shape.planar = planar;
        if (shape.rows_per_strip > 40) shape.rows_per_strip = 16;
        const Scene scene = testing::landscape(300, 400, {.bits = 16, .colors = 3});
        const auto input = testing::encode_tiff(scene, shape);
        const auto output = equalized(input);
        EqualizeOptions options;
        options.threads = 4;
        CHECK(equalized(input, options) == output);
        options.memory_bytes = two_threads_memory(input);
        bool kept = true;
        options.page_done = [&](PageReport&& report) { kept = report.kept_in_memory; };
        CHECK(equalized(input, options) == output);
        CHECK_FALSE(kept);
      }
    }
  }

  TEST_CASE("uncompressed data units of YCbCr: luma matches the oracle, chroma is unchanged") {
    for (const auto& [h, v] : std::vector<std::pair<std::uint32_t, std::uint32_t>>{{1, 1}, {2, 1}, {2, 2}, {4, 2}}) {
      CAPTURE(h);
      CAPTURE(v);
      const std::uint32_t width = 45, height = 30, rows_per_strip = 8;  // not multiples of the data units
      const Scene luma = testing::landscape(width, height, {.bits = 8});
      const std::uint32_t across = (width + h - 1) / h;
      testing::TiffBuilder builder;
      std::vector<std::uint64_t> offsets, sizes;
      for (std::uint32_t top = 0; top < height; top += rows_per_strip) {
        std::vector<std::byte> strip;
        for (std::uint32_t y = top; y < std::min(height, top + rows_per_strip); y += v) {
          for (std::uint32_t x = 0; x < across * h; x += h) {
            for (std::uint32_t i = 0; i < h * v; ++i) {
              strip.push_back(
                  static_cast<std::byte>(luma.at(std::min(width - 1, x + i % h), std::min(height - 1, y + i / h))));
            }
            strip.push_back(static_cast<std::byte>(x));
            strip.push_back(static_cast<std::byte>(y));
          }
        }
        offsets.push_back(builder.add(strip));
        sizes.push_back(strip.size());
      }
      const std::vector tags{builder.longs(256, {width}),    builder.longs(257, {height}),
                             builder.shorts(258, {8, 8, 8}), builder.shorts(259, {1}),
                             builder.shorts(262, {6}),       builder.longs(273, offsets),
                             builder.shorts(277, {3}),       builder.longs(278, {rows_per_strip}),
                             builder.longs(279, sizes),      builder.shorts(530, {h, v})};
      const auto input = builder.finish(builder.add_directory(tags));
      const auto output = equalized(input);
      testing::check_same_tags(input, output);
      const TiffAnatomy before(input), after(output);
      const Scene expected = testing::oracle(luma, Channels::luma);
      for (std::size_t strip = 0; strip < offsets.size(); ++strip) {
        const Bytes a = before.segment(before.chain[0], strip), b = after.segment(after.chain[0], strip);
        REQUIRE(a.size() == b.size());
        for (std::size_t at = 0; at < a.size(); ++at) {
          const std::size_t unit = at / (h * v + 2), i = at % (h * v + 2);
          const std::size_t x = unit % across * h + i % h, y = strip * rows_per_strip + unit / across * v + i / h;
          if (i >= std::size_t{h} * v) {
            CHECK(a[at] == b[at]);
          } else if (x < width && y < height) {
            CHECK(std::to_integer<int>(b[at]) ==
                  expected.at(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y)));
          }
        }
      }
      CHECK(testing::decode_tiff(equalized(input, with(Channels::gray))) == expected);

      // With separate channels it is converted to RGB and back; it must keep its size.
      const auto each = equalized(input, with(Channels::each));
      testing::check_same_tags(input, each);
    }
  }

  TEST_CASE("the reference levels of luma become the full range") {
    testing::TiffBuilder builder;
    const auto offset = builder.add(std::string(4 * 4 * 3, '\x60') + std::string(4 * 4 * 3, '\x90'));
    auto reference = builder.longs(532, {15, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1});
    reference.type = 5;
    reference.count = 6;
    const std::vector tags{builder.longs(256, {4}),
                           builder.longs(257, {8}),
                           builder.shorts(258, {8, 8, 8}),
                           builder.shorts(259, {1}),
                           builder.shorts(262, {6}),
                           builder.longs(273, {offset}),
                           builder.shorts(277, {3}),
                           builder.longs(278, {8}),
                           builder.longs(279, {96}),
                           builder.shorts(530, {1, 1}),
                           reference};
    const auto output = equalized(builder.finish(builder.add_directory(tags)));
    const TiffAnatomy file(output);
    CHECK(file.chain[0].tags.at(532) != file.chain[0].tags.at(530));
    auto expected = builder.longs(532, {0, 1, 255, 1, 128, 1, 240, 1, 128, 1, 240, 1});
    CHECK(file.chain[0].tags.at(532).values == expected.values);
  }
}
