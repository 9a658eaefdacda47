#include <map>

#include "png_run.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::Scene;

namespace {

PixelLayout layout_of(std::uint8_t bits, std::uint8_t colors, bool alpha) {
  return {.bits = bits,
          .colors = colors,
          .extras = static_cast<std::uint8_t>(alpha ? 1 : 0),
          .alpha = alpha ? Alpha::unassociated : Alpha::none};
}

/// A landscape in `levels` gray levels, 0 to levels - 1.
Scene coarse(std::uint32_t width, std::uint32_t height, unsigned levels) {
  Scene scene = testing::landscape(width, height, {});
  const auto [low, high] = std::ranges::minmax(scene.samples);
  for (auto& v : scene.samples) v = static_cast<std::uint16_t>((v - low) * levels / (high - low + 1U));
  return scene;
}

/// An unsorted palette of low contrast.
std::vector<std::uint8_t> hazy_palette(std::size_t entries) {
  std::vector<std::uint8_t> palette;
  for (std::size_t i = 0; i < entries; ++i) {
    for (const std::size_t k : {71UL, 113UL, 37UL}) palette.push_back(static_cast<std::uint8_t>(90 + i * k % 80));
  }
  return palette;
}

/// Each pixel's colour.
Scene colors_of(const testing::PngPicture& picture) {
  Scene scene{picture.scene.width, picture.scene.height, {.colors = 3}, {}};
  for (const std::size_t index : picture.scene.samples) {
    for (std::size_t c = 0; c < 3; ++c) scene.samples.push_back(picture.palette[3 * index + c]);
  }
  return scene;
}

/// Enough memory for one thread, but not for keeping pixels.
std::uint64_t min_memory(Bytes png) {
  const auto source = borrow_memory("test.png", png);
  const auto reader = open_image(*source, {});
  REQUIRE(reader);
  const PageInfo& page = (*reader)->pages()[0];
  return page.decoder_bytes + page.encoder_bytes + page.thread_bytes + 3 * page.block_bytes;
}

std::string bytes_of(std::initializer_list<int> values) {
  std::string text;
  for (const int v : values) text += static_cast<char>(v);
  return text;
}

}  // namespace

TEST_SUITE("PNG") {
  TEST_CASE("gray, colour and alpha of 8 and 16 bits match the oracle") {
    for (const bool interlaced : {false, true}) {
      for (const std::uint8_t bits : {std::uint8_t{8}, std::uint8_t{16}}) {
        for (const std::uint8_t colors : {std::uint8_t{1}, std::uint8_t{3}}) {
          for (const bool alpha : {false, true}) {
            const Scene scene = testing::landscape(61, 43, layout_of(bits, colors, alpha));
            const auto png = testing::encode_png(scene, testing::interlaced_shape(interlaced));
            for (const Channels channels : {Channels::luma, Channels::gray, Channels::each}) {
              CAPTURE(interlaced);
              CAPTURE(int{bits});
              CAPTURE(int{colors});
              CAPTURE(alpha);
              const auto run = testing::equalize_png(png, channels);
              const auto picture = testing::decode_png(run.file);
              CHECK(picture.scene == testing::oracle(scene, channels));
              CHECK(picture.interlaced == interlaced);
              CHECK(run.report.notes.empty());
            }
          }
        }
      }
    }
  }

  TEST_CASE("all small sizes work, also interlaced, when some passes have no pixels") {
    for (std::uint32_t width = 1; width <= 9; ++width) {
      for (std::uint32_t height = 1; height <= 9; ++height) {
        for (const bool interlaced : {false, true}) {
          CAPTURE(width);
          CAPTURE(height);
          CAPTURE(interlaced);
          const Scene scene = testing::landscape(width, height, {.colors = 3});
          const auto png = testing::encode_png(scene, testing::interlaced_shape(interlaced));
          const auto picture = testing::decode_png(testing::equalize_png(png).file);
          CHECK(picture.scene == testing::oracle(scene, Channels::luma));
        }
      }
    }
  }

  TEST_CASE("2- and 4-bit gray becomes 8-bit, because equalized levels lie between the original ones") {
    for (const unsigned bits : {2U, 4U}) {
      CAPTURE(bits);
      const Scene scene = coarse(50, 30, 1U << bits);
      Scene scaled = scene;
      for (auto& v : scaled.samples) v = static_cast<std::uint16_t>(v * 255 / ((1U << bits) - 1));
      const auto run = testing::equalize_png(testing::encode_png(scene, testing::shallow(bits)));
      const auto picture = testing::decode_png(run.file);
      CHECK(picture.bit_depth == 8);
      CHECK(picture.scene == testing::oracle(scaled, Channels::luma));
      CHECK(run.notes("became 8-bit"));
    }
  }

  TEST_CASE("1-bit gray is unchanged: two levels already have maximum contrast") {
    for (const bool interlaced : {false, true}) {
      auto shape = testing::shallow(1);
      shape.interlaced = interlaced;
      const Scene scene = coarse(50, 30, 2);
      const auto run = testing::equalize_png(testing::encode_png(scene, shape));
      const auto picture = testing::decode_png(run.file);
      CHECK(picture.bit_depth == 1);
      CHECK(picture.scene == scene);
    }
  }

  TEST_CASE("palette colours are equalized like the picture's, indices, depth and transparency are kept") {
    for (const unsigned bits : {1U, 2U, 4U, 8U}) {
      for (const bool interlaced : {false, true}) {
        for (const Channels channels : {Channels::luma, Channels::each}) {
          CAPTURE(bits);
          CAPTURE(interlaced);
          testing::PngShape shape = testing::shallow(bits);
          shape.interlaced = interlaced;
          shape.palette = hazy_palette(std::size_t{1} << bits);
          const Scene indices = coarse(53, 31, 1U << bits);
          const auto plain = testing::encode_png(indices, shape);
          const auto png = testing::with_chunk_before(plain, "IDAT", testing::png_chunk("tRNS", bytes_of({0, 99})));
          const auto before = testing::decode_png(png);
          const auto run = testing::equalize_png(png, channels);
          const auto after = testing::decode_png(run.file);
          CHECK(after.scene == before.scene);
          CHECK(after.bit_depth == bits);
          CHECK(after.transparency == before.transparency);
          CHECK(colors_of(after) == testing::oracle(colors_of(before), channels));
        }
      }
    }
  }

  TEST_CASE("a palette picture converted to gray keeps its transparency as an alpha channel") {
    testing::PngShape shape = testing::shallow(4);
    shape.palette = hazy_palette(16);
    const Scene indices = coarse(53, 31, 16);
    const auto plain = testing::encode_png(indices, shape);
    const auto before = testing::decode_png(plain);
    Scene expected = testing::oracle(colors_of(before), Channels::gray);
    CHECK(testing::decode_png(testing::equalize_png(plain, Channels::gray).file).scene == expected);

    const auto png = testing::with_chunk_before(plain, "IDAT", testing::png_chunk("tRNS", bytes_of({0, 99})));
    const auto after = testing::decode_png(testing::equalize_png(png, Channels::gray).file);
    REQUIRE(after.scene.layout == layout_of(8, 1, true));
    for (std::size_t i = 0; i < expected.samples.size(); ++i) {
      CHECK(after.scene.samples[2 * i] == expected.samples[i]);
      const int alpha = indices.samples[i] == 0 ? 0 : indices.samples[i] == 1 ? 99 : 255;
      CHECK(after.scene.samples[2 * i + 1] == alpha);
    }
  }

  TEST_CASE("exactly the pixels of the transparent colour are transparent in the result") {
    for (const std::uint8_t bits : {std::uint8_t{8}, std::uint8_t{16}}) {
      for (const std::uint8_t colors : {std::uint8_t{1}, std::uint8_t{3}}) {
        CAPTURE(int{bits});
        CAPTURE(int{colors});
        Scene scene = testing::landscape(61, 43, layout_of(bits, colors, false));
        const std::vector<std::uint16_t> key(scene.samples.begin() + 300, scene.samples.begin() + 300 + colors);
        std::string data;
        for (const auto v : key) data += testing::png_number(2, v);
        const auto png =
            testing::with_chunk_before(testing::encode_png(scene), "IDAT", testing::png_chunk("tRNS", data));
        const auto run = testing::equalize_png(png);
        const auto picture = testing::decode_png(run.file);
        CHECK(run.notes("alpha channel"));
        CHECK(picture.transparency.empty());
        REQUIRE(picture.scene.layout == layout_of(bits, colors, true));
        const Scene expected = testing::oracle(scene, Channels::luma);
        std::size_t transparent = 0, wrong = 0;
        for (std::uint32_t y = 0; y < scene.height; ++y) {
          for (std::uint32_t x = 0; x < scene.width; ++x) {
            bool is_key = true;
            for (std::size_t c = 0; c < colors; ++c) {
              is_key = is_key && scene.at(x, y, c) == key[c];
              wrong += picture.scene.at(x, y, c) == expected.at(x, y, c) ? 0 : 1;
            }
            wrong += picture.scene.at(x, y, colors) == (is_key ? 0 : picture.scene.max_level()) ? 0 : 1;
            transparent += is_key ? 1 : 0;
          }
        }
        CHECK(wrong == 0);
        CHECK(transparent > 0);
      }
    }
  }

  TEST_CASE("a transparent level of 1-, 2- and 4-bit gray becomes alpha, too") {
    for (const unsigned bits : {1U, 2U, 4U}) {
      const Scene scene = coarse(50, 30, 1U << bits);
      const auto png = testing::with_chunk_before(testing::encode_png(scene, testing::shallow(bits)), "IDAT",
                                                  testing::png_chunk("tRNS", testing::png_number(2, 1)));
      const auto picture = testing::decode_png(testing::equalize_png(png).file);
      REQUIRE(picture.scene.layout == layout_of(8, 1, true));
      for (std::size_t i = 0; i < scene.samples.size(); ++i) {
        CHECK(picture.scene.samples[2 * i + 1] == (scene.samples[i] == 1 ? 0 : 255));
      }
    }
  }

  TEST_CASE("threads and memory do not change a byte") {
    for (const std::uint8_t colors : {std::uint8_t{1}, std::uint8_t{3}}) {
      const Scene scene = testing::landscape(700, 800, layout_of(8, colors, false));  // several bands
      const auto png = testing::encode_png(scene);
      const auto reference = testing::equalize_png(png);
      CHECK(testing::decode_png(reference.file).scene == testing::oracle(scene, Channels::luma));
      CHECK(reference.report.pages[0].kept_in_memory);
      for (const unsigned threads : {1U, 3U}) {
        EqualizeOptions options;
        options.threads = threads;
        CHECK(testing::equalize_png(png, options).file == reference.file);
        options.memory_bytes = min_memory(png);
        const auto streamed = testing::equalize_png(png, options);
        CHECK_FALSE(streamed.report.pages[0].kept_in_memory);
        CHECK(streamed.file == reference.file);
      }
    }
  }

  TEST_CASE("drawings compress well, because repeated strings are found") {
    Scene scene{800, 600, {.colors = 3}, {}};
    for (std::uint32_t y = 0; y < scene.height; ++y) {
      for (std::uint32_t x = 0; x < scene.width; ++x) {
        const bool ink = (x / 7 * 31 + y / 11 * 17) % 13 < 4;
        for (const int v : {ink ? 60 : 140, ink ? 70 : 150, ink ? 90 : 145}) {
          scene.samples.push_back(static_cast<std::uint16_t>(v));
        }
      }
    }
    const auto png = testing::encode_png(scene);
    CHECK(testing::equalize_png(png).file.size() < 2 * png.size());
  }
}
