#include "ece465/image/pixels.hpp"

#include <doctest/doctest.h>

#include "scene.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::Scene;

namespace {

/// Counts, makes tables and maps, in blocks of `rows`, as the equalizer does.
Scene equalized(const Scene& scene, Channels channels, std::uint32_t rows) {
  Scene input = scene;
  if (channels == Channels::gray && scene.layout.colors == 3) {
    Block gray;
    luma_block(block_of(scene), scene.layout, gray);
    input.layout = gray_layout(scene.layout);
    input.samples.resize(std::size_t{scene.width} * scene.height * input.layout.samples());
    paste(input, gray, 0);
  }
  Counter counter(input.layout, channels);
  const auto each_band = [&](auto f) {
    for (std::uint32_t y = 0; y < input.height; y += rows) f(y, block_of(input, y, std::min(rows, input.height - y)));
  };
  each_band([&](std::uint32_t, const Block& block) { counter.add(block); });
  const auto histograms = counter.finish();
  const Mapper mapper(input.layout, channels, equalization_tables(input.layout, histograms));
  Scene result = input;
  each_band([&](std::uint32_t y, Block block) {
    mapper.apply(block);
    paste(result, block, y);
  });
  return result;
}

}  // namespace

TEST_SUITE("planes") {
  TEST_CASE("every layout equalizes as the oracle says, whatever the blocks") {
    for (const std::uint8_t bits : {std::uint8_t{8}, std::uint8_t{16}}) {
      for (const Channels channels : {Channels::luma, Channels::gray, Channels::each}) {
        for (const PixelLayout layout :
             {PixelLayout{.bits = bits}, PixelLayout{.bits = bits, .inverted = true},
              PixelLayout{.bits = bits, .extras = 1, .alpha = Alpha::unassociated},
              PixelLayout{.bits = bits, .colors = 3},
              PixelLayout{.bits = bits, .colors = 3, .extras = 1, .alpha = Alpha::unassociated},
              PixelLayout{.bits = bits, .colors = 3, .extras = 2}}) {
          CAPTURE(int{bits});
          CAPTURE(int{layout.colors});
          CAPTURE(int{layout.extras});
          const Scene scene = testing::landscape(61, 43, layout);
          CHECK(equalized(scene, channels, 43) == testing::oracle(scene, channels));
          CHECK(equalized(scene, channels, 5) == testing::oracle(scene, channels));
        }
      }
    }
  }

  TEST_CASE("associated alpha: opaque pixels as without alpha, no colour above its alpha, alpha kept") {
    const PixelLayout layout{.bits = 8, .colors = 3, .extras = 1, .alpha = Alpha::associated};
    const Scene scene = testing::landscape(64, 32, layout);
    const Scene result = equalized(scene, Channels::luma, 32);
    for (std::uint32_t y = 0; y < 32; ++y) {
      for (std::uint32_t x = 0; x < 64; ++x) {
        CHECK(result.at(x, y, 3) == scene.at(x, y, 3));
        for (std::size_t c = 0; c < 3; ++c) CHECK(result.at(x, y, c) <= result.at(x, y, 3));
      }
    }
  }
}
