#include <doctest/doctest.h>

#include "ece465/image/equalize.hpp"
#include "png_file.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::Scene;

namespace {

std::vector<std::byte> equalized(Bytes png, Channels channels = Channels::luma) {
  EqualizeOptions options;
  options.channels = channels;
  const auto source = borrow_memory("test.png", png);
  MemorySink sink;
  const auto report = equalize(*source, sink, Format::png, options);
  REQUIRE_MESSAGE(report, report.error().what);
  return sink.bytes();
}

}  // namespace

TEST_SUITE("PNG") {
  TEST_CASE("gray, colour and alpha of 8 and 16 bits come out as the oracle says") {
    for (const bool interlaced : {false, true}) {
      for (const std::uint8_t bits : {std::uint8_t{8}, std::uint8_t{16}}) {
        for (const std::uint8_t colors : {std::uint8_t{1}, std::uint8_t{3}}) {
          for (const std::uint8_t extras : {std::uint8_t{0}, std::uint8_t{1}}) {
            const PixelLayout layout{.bits = bits,
                                     .colors = colors,
                                     .extras = extras,
                                     .alpha = extras > 0 ? Alpha::unassociated : Alpha::none};
            const Scene scene = testing::landscape(61, 43, layout);
            const auto png = testing::encode_png(scene, {.bit_depth = 0, .interlaced = interlaced, .palette = {}});
            for (const Channels channels : {Channels::luma, Channels::gray, Channels::each}) {
              CAPTURE(interlaced);
              CAPTURE(int{bits});
              CAPTURE(int{colors});
              CAPTURE(int{extras});
              const auto picture = testing::decode_png(equalized(png, channels));
              CHECK(picture.scene == testing::oracle(scene, channels));
              CHECK(picture.interlaced == interlaced);
            }
          }
        }
      }
    }
  }
}
