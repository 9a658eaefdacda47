#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>

#include "jpeg_run.hpp"

using namespace ece465;
using namespace ece465::image;
using namespace ece465::testing;

namespace {

struct Sampling {
  const char* name;
  std::array<JpegFactors, 3> factors;
};
constexpr std::array<Sampling, 9> kSamplings{{
    {"4:4:4", {{{1, 1}, {1, 1}, {1, 1}}}},
    {"4:2:2", {{{2, 1}, {1, 1}, {1, 1}}}},
    {"4:2:0", {{{2, 2}, {1, 1}, {1, 1}}}},
    {"4:4:0", {{{1, 2}, {1, 1}, {1, 1}}}},
    {"4:1:1", {{{4, 1}, {1, 1}, {1, 1}}}},
    {"4:1:0", {{{4, 2}, {1, 1}, {1, 1}}}},
    {"4:4:4 as 2x2", {{{2, 2}, {2, 2}, {2, 1}}}},
    {"luma at half width", {{{1, 1}, {2, 1}, {2, 1}}}},
    {"thirds", {{{3, 1}, {1, 1}, {1, 1}}}},
}};
struct Size {
  std::uint32_t width, height;
};
constexpr std::array<Size, 8> kSizes{{{1, 1}, {7, 9}, {8, 8}, {16, 16}, {17, 33}, {64, 16}, {101, 101}, {5, 90}}};

/// All samples of two planes differ by at most `max`.
bool close(const std::vector<std::uint16_t>& a, const std::vector<std::uint16_t>& b, int max) {
  return std::ranges::equal(a, b, [max](int x, int y) { return std::abs(x - y) <= max; });
}

double mean_difference(const std::vector<std::uint16_t>& a, const std::vector<std::uint16_t>& b) {
  REQUIRE(a.size() == b.size());
  const double sum = std::transform_reduce(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                                           [](int x, int y) { return std::abs(x - y); });
  return sum / static_cast<double>(a.size());
}

/// The output of our reader and mapper, before encoding.
Scene mapped(Bytes jpeg, Channels channels) {
  const auto source = borrow_memory("test.jpg", jpeg);
  const auto reader = open_image(*source, {.channels = channels, .interleaved = false, .limits = {}});
  REQUIRE_MESSAGE(reader, reader.error().text());
  const PageInfo& page = (*reader)->pages()[0];
  Counter counter(page.layout, channels);
  Block block;
  auto pass = (*reader)->read_page(0);
  for (std::size_t i = 0; i < page.block_count; ++i) {
    REQUIRE((*pass)->read(i, block));
    counter.add(block);
  }
  const auto histograms = counter.finish();
  const Mapper mapper(page.layout, channels, equalization_tables(page.layout, histograms));
  Scene scene{page.width, page.height, page.layout, {}};
  scene.samples.resize(std::size_t{page.width} * page.height * page.layout.samples());
  pass = (*reader)->read_page(0);
  for (std::size_t i = 0; i < page.block_count; ++i) {
    REQUIRE((*pass)->read(i, block));
    mapper.apply(block);
    paste(scene, block, static_cast<std::uint32_t>(i) * page.rows_per_block);
  }
  return scene;
}

}  // namespace

TEST_SUITE("JPEG pixels") {
  TEST_CASE("the stored Y plane is mapped like the oracle's, and chroma stays, for any sampling and size") {
    for (const auto& sampling : kSamplings) {
      for (const auto& size : kSizes) {
        CAPTURE(sampling.name);
        CAPTURE(size.width);
        CAPTURE(size.height);
        const auto jpeg =
            encode_jpeg(color_scene(size.width, size.height),
                        {.color = JpegColor::ycbcr, .factors = sampling.factors, .quality = 96, .markers = {}});
        const JpegPicture in = decode_jpeg(jpeg);
        const Scene expected = oracle(scene_of(in.planes[0]), Channels::luma);
        CHECK(mapped(jpeg, Channels::luma) == expected);

        const JpegPicture out = decode_jpeg(equalize_jpeg(jpeg, Channels::luma).file);
        REQUIRE(out.planes.size() == 3);
        CHECK(out.width == in.width);
        CHECK(out.height == in.height);
        for (std::size_t i = 0; i < 3; ++i) {
          CHECK(out.planes[i].factors == in.planes[i].factors);
          CHECK(out.planes[i].quant == in.planes[i].quant);
          CHECK(out.planes[i].id == in.planes[i].id);
        }
        CHECK(mean_difference(out.planes[0].samples, expected.samples) < 2);
        CHECK(close(out.planes[1].samples, in.planes[1].samples, 1));
        CHECK(close(out.planes[2].samples, in.planes[2].samples, 1));
      }
    }
  }

  TEST_CASE("gray is mapped like the oracle's, for any sampling factor") {
    for (const JpegFactors factors : {JpegFactors{1, 1}, JpegFactors{2, 2}, JpegFactors{4, 1}}) {
      for (const auto& size : kSizes) {
        CAPTURE(factors.h);
        CAPTURE(size.width);
        const auto jpeg =
            encode_jpeg(gray_scene(size.width, size.height), {.factors = {factors}, .quality = 96, .markers = {}});
        const JpegPicture in = decode_jpeg(jpeg);
        const Scene expected = oracle(scene_of(in.planes[0]), Channels::luma);
        for (const Channels channels : {Channels::luma, Channels::gray, Channels::each}) {
          CHECK(mapped(jpeg, channels) == expected);
          const JpegPicture out = decode_jpeg(equalize_jpeg(jpeg, channels).file);
          CHECK(out.planes.size() == 1);
          CHECK(mean_difference(out.planes[0].samples, expected.samples) < 2);
        }
      }
    }
  }

  TEST_CASE("--channels gray writes only the equalized Y plane") {
    for (const auto& sampling : kSamplings) {
      CAPTURE(sampling.name);
      const auto jpeg = encode_jpeg(
          color_scene(61, 43), {.color = JpegColor::ycbcr, .factors = sampling.factors, .quality = 96, .markers = {}});
      const JpegPicture in = decode_jpeg(jpeg);
      const JpegPicture out = decode_jpeg(equalize_jpeg(jpeg, Channels::gray).file);
      REQUIRE(out.planes.size() == 1);
      CHECK(out.width == 61);
      CHECK(out.height == 43);
      CHECK(out.planes[0].quant == in.planes[0].quant);
      if (in.planes[0].width == 61) {
        const Scene expected = oracle(scene_of(in.planes[0]), Channels::luma);
        CHECK(mapped(jpeg, Channels::gray) == expected);
        CHECK(mean_difference(out.planes[0].samples, expected.samples) < 2);
      } else {  // a Y plane of half the width is upsampled
        CHECK(out.planes[0].width == 61);
      }
    }
  }

  TEST_CASE("--channels each equalizes red, green and blue, and keeps the file's sampling and tables") {
    for (const auto& sampling : kSamplings) {
      CAPTURE(sampling.name);
      const auto jpeg =
          encode_jpeg(color_scene(61, 43), {.color = JpegColor::ycbcr, .factors = sampling.factors, .markers = {}});
      CHECK(mapped(jpeg, Channels::each) == oracle(decode_jpeg_rows(jpeg), Channels::each));
      const JpegPicture in = decode_jpeg(jpeg);
      const JpegPicture out = decode_jpeg(equalize_jpeg(jpeg, Channels::each).file);
      for (std::size_t i = 0; i < 3; ++i) {
        CHECK(out.planes[i].factors == in.planes[i].factors);
        CHECK(out.planes[i].quant == in.planes[i].quant);
      }
    }
  }

  TEST_CASE("RGB-coded files stay RGB-coded") {
    const auto jpeg = encode_jpeg(color_scene(61, 43), {.color = JpegColor::rgb, .quality = 98, .markers = {}});
    const Scene in = decode_jpeg_rows(jpeg);
    for (const Channels channels : {Channels::luma, Channels::each}) {
      const Scene expected = oracle(in, channels);
      CHECK(mapped(jpeg, channels) == expected);
      const auto out = equalize_jpeg(jpeg, channels).file;
      CHECK(decode_jpeg(out).color == JpegColor::rgb);
      CHECK(mean_difference(decode_jpeg_rows(out).samples, expected.samples) < 2);
    }
    const auto gray = equalize_jpeg(jpeg, Channels::gray).file;
    CHECK(decode_jpeg(gray).color == JpegColor::gray);
    CHECK(mean_difference(decode_jpeg_rows(gray).samples, oracle(in, Channels::gray).samples) < 2);
  }

  TEST_CASE("decoding a page twice gives the same bytes as keeping it in memory") {
    const auto jpeg = encode_jpeg(color_scene(900, 700),
                                  {.color = JpegColor::ycbcr, .factors = kSamplings[2].factors, .markers = {}});
    for (const Channels channels : {Channels::luma, Channels::gray, Channels::each}) {
      EqualizeOptions options;
      options.channels = channels;
      const auto kept = equalize_jpeg(jpeg, options);
      CHECK(kept.report.pages[0].kept_in_memory);
      options.memory_bytes = 1 << 20;
      const auto streamed = equalize_jpeg(jpeg, options);
      CHECK(!streamed.report.pages[0].kept_in_memory);
      CHECK(kept.file == streamed.file);
    }
  }

  TEST_CASE("other formats get interleaved rows: RGB, or the stored luma if the result is gray") {
    const auto jpeg =
        encode_jpeg(color_scene(61, 43), {.color = JpegColor::ycbcr, .factors = kSamplings[2].factors, .markers = {}});
    const auto source = borrow_memory("test.jpg", jpeg);
    for (const Channels channels : {Channels::luma, Channels::gray}) {
      const auto reader = open_image(*source, {.channels = channels, .interleaved = true, .limits = {}});
      REQUIRE(reader);
      const PageInfo& page = (*reader)->pages()[0];
      CHECK(page.layout.colors == (channels == Channels::gray ? 1 : 3));
      Block block;
      const auto pass = (*reader)->read_page(0);
      REQUIRE((*pass)->read(0, block));
      Scene scene{61, 43, page.layout, {}};
      scene.samples.resize(std::size_t{61} * 43 * page.layout.samples());
      paste(scene, block, 0);
      CHECK(scene == (channels == Channels::gray ? scene_of(decode_jpeg(jpeg).planes[0]) : decode_jpeg_rows(jpeg)));
    }
  }

  TEST_CASE("--quality changes only the tables") {
    const auto jpeg =
        encode_jpeg(color_scene(61, 43), {.color = JpegColor::ycbcr, .factors = kSamplings[1].factors, .markers = {}});
    EqualizeOptions options;
    options.quality = 50;
    const JpegPicture out = decode_jpeg(equalize_jpeg(jpeg, options).file);
    const JpegPicture standard = decode_jpeg(
        encode_jpeg(color_scene(8, 8), {.color = JpegColor::ycbcr, .factors = {}, .quality = 50, .markers = {}}));
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(out.planes[i].quant == standard.planes[i].quant);
      CHECK(out.planes[i].factors == kSamplings[1].factors[i]);
    }
  }
}
