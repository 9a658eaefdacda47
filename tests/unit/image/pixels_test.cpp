#include "ece465/image/pixels.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "ece465/image/kernel_choice.hpp"
#include "scene.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::Scene;

namespace {

/// Counts, makes tables and maps in blocks of `rows` rows, as the equalizer does.
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

/// Calls `f` with each of this CPU's kernels, then restores the best.
template <class F>
void with_every_kernel(F&& f) {
  for (const auto name : kernel_names()) {
    CAPTURE(name);
    REQUIRE(choose_kernels(name));
    f();
  }
  REQUIRE(choose_kernels(kernel_names().front()));
}

/// The same pixels with `padding` bytes of 0xEE after every row, as in a tile at the right edge.
Block padded(const Block& block, const PixelLayout& layout, std::size_t padding) {
  Block wide;
  wide.width = block.width;
  wide.height = block.height;
  wide.stride = block.stride + padding;
  wide.pixels.resize(wide.stride * wide.height);
  std::ranges::fill(wide.pixels.span(), std::byte{0xEE});
  for (std::uint32_t y = 0; y < block.height; ++y) std::ranges::copy(block.row(y, layout), wide.row(y, layout).begin());
  return wide;
}

std::vector<PixelLayout> layouts(std::uint8_t bits) {
  return {{.bits = bits},
          {.bits = bits, .inverted = true},
          {.bits = bits, .extras = 1, .alpha = Alpha::unassociated},
          {.bits = bits, .colors = 3},
          {.bits = bits, .colors = 3, .extras = 1, .alpha = Alpha::unassociated},
          {.bits = bits, .colors = 3, .extras = 2}};
}

}  // namespace

TEST_SUITE("planes") {
  TEST_CASE("every layout matches the oracle, for all block sizes and kernels") {
    for (const std::uint8_t bits : {std::uint8_t{8}, std::uint8_t{16}}) {
      for (const Channels channels : {Channels::luma, Channels::gray, Channels::each}) {
        for (const PixelLayout& layout : layouts(bits)) {
          CAPTURE(int{bits});
          CAPTURE(int{layout.colors});
          CAPTURE(int{layout.extras});
          const Scene scene = testing::landscape(61, 43, layout);
          const Scene expected = testing::oracle(scene, channels);
          with_every_kernel([&] {
            CHECK(equalized(scene, channels, 43) == expected);
            CHECK(equalized(scene, channels, 5) == expected);
          });
        }
      }
    }
  }

  TEST_CASE("padding between rows is neither counted nor changed") {
    for (const std::uint8_t bits : {std::uint8_t{8}, std::uint8_t{16}}) {
      for (const Channels channels : {Channels::luma, Channels::each}) {
        for (const PixelLayout& layout : layouts(bits)) {
          CAPTURE(int{bits});
          CAPTURE(int{layout.colors});
          const Scene scene = testing::landscape(37, 20, layout);
          const Block dense = block_of(scene);
          const Block wide = padded(dense, layout, 6);
          Counter of_dense(layout, channels), of_wide(layout, channels);
          of_dense.add(dense);
          of_wide.add(wide);
          const auto histograms = of_dense.finish();
          CHECK(of_wide.finish() == histograms);

          Block mapped_dense = block_of(scene), mapped_wide = padded(dense, layout, 6);
          const Mapper mapper(layout, channels, equalization_tables(layout, histograms));
          mapper.apply(mapped_dense);
          mapper.apply(mapped_wide);
          CHECK(std::ranges::equal(mapped_wide.pixels.span(), padded(mapped_dense, layout, 6).pixels.span()));
        }
      }
    }
  }

  TEST_CASE("narrowing rounds, and dropping extras keeps colours, also with padded rows") {
    const PixelLayout layout{.bits = 16, .colors = 3, .extras = 1, .alpha = Alpha::unassociated};
    const Scene scene = testing::landscape(33, 7, layout);
    const Block wide = padded(block_of(scene), layout, 10);
    with_every_kernel([&] {
      Block colors, narrow;
      drop_extras(wide, layout, 0, colors);
      narrow_block(colors, {.bits = 16, .colors = 3}, narrow);
      REQUIRE(narrow.stride == 33 * 3);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < std::size_t{33} * 7; ++i) {
        for (std::size_t c = 0; c < 3; ++c) {
          const std::uint32_t expected = (scene.samples[i * 4 + c] * 255U * 2 + 65535) / (2 * 65535);
          wrong += std::to_integer<std::uint32_t>(narrow.pixels.data()[i * 3 + c]) != expected;
        }
      }
      CHECK(wrong == 0);
    });
  }

  TEST_CASE("associated alpha: all kernels agree, and opaque images are as without alpha") {
    for (const std::uint8_t bits : {std::uint8_t{8}, std::uint8_t{16}}) {
      for (const Channels channels : {Channels::luma, Channels::gray, Channels::each}) {
        for (const std::uint8_t colors : {std::uint8_t{1}, std::uint8_t{3}}) {
          const PixelLayout layout{.bits = bits, .colors = colors, .extras = 1, .alpha = Alpha::associated};
          const Scene scene = testing::landscape(300, 9, layout);
          REQUIRE(choose_kernels("scalar"));
          const Scene expected = equalized(scene, channels, 9);
          with_every_kernel([&] { CHECK(equalized(scene, channels, 4) == expected); });

          Scene opaque = scene, plain = scene;
          for (std::size_t i = colors; i < opaque.samples.size(); i += layout.samples()) {
            opaque.samples[i] = static_cast<std::uint16_t>(scene.max_level());
          }
          plain.samples = opaque.samples;
          plain.layout.alpha = Alpha::unassociated;
          CHECK(equalized(opaque, channels, 9).samples == testing::oracle(plain, channels).samples);
        }
      }
    }
  }

  TEST_CASE("associated alpha: alpha is kept, and no colour exceeds it") {
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
