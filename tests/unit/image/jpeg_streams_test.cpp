#include <algorithm>
#include <cstdlib>

#include "formats/jpeg/stream_codec.hpp"
#include "jpeg_run.hpp"

using namespace ece465;
using namespace ece465::image;
using namespace ece465::testing;
using jpeg::ColorModel;
using jpeg::Frame;
using jpeg::OutputMode;
using jpeg::StreamCodec;
using jpeg::StreamOptions;

namespace {

const StreamOptions kYcbcr{
    .color = ColorModel::ycbcr, .output = OutputMode::planes, .max_width = 64, .max_height = 48, .limits = {}};

JpegOptions strip_options(bool tables) {
  return {.color = JpegColor::ycbcr, .factors = k420, .jfif = false, .markers = {}, .tables = tables};
}

std::unique_ptr<StreamCodec> codec_of(Bytes tables, const StreamOptions& options) {
  auto codec = StreamCodec::create(tables, options);
  REQUIRE_MESSAGE(codec, codec.error().text());
  return *std::move(codec);
}

Scene scene_of_block(const Block& block, const PixelLayout& layout) {
  Scene scene{block.width, block.height, layout, {}};
  scene.samples.resize(std::size_t{block.width} * block.height * layout.samples());
  paste(scene, block, 0);
  return scene;
}

}  // namespace

TEST_SUITE("JPEG streams in other files") {
  TEST_CASE("an abbreviated strip is decoded with the shared tables and encoded without them") {
    const auto tables = encode_jpeg_tables(strip_options(true));
    const auto strip = encode_jpeg(color_scene(61, 43), strip_options(false));
    const auto whole = encode_jpeg(color_scene(61, 43), strip_options(true));
    const auto codec = codec_of(tables, kYcbcr);
    Block block;
    REQUIRE(codec->decode(strip, block));
    const auto in = decode_jpeg(whole);
    CHECK(scene_of_block(block, {}) == scene_of(in.planes[0]));

    const auto frame = codec->inspect(strip);
    REQUIRE(frame);
    std::vector<std::byte> again;
    REQUIRE(codec->encode(block, *frame, again));
    CHECK(again.size() < whole.size() - 400);  // the tables are not in it
    const auto out = decode_jpeg(again, tables);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(out.planes[i].quant == in.planes[i].quant);
      CHECK(std::ranges::equal(out.planes[i].samples, in.planes[i].samples,
                               [](int a, int b) { return std::abs(a - b) <= 1; }));
    }
  }

  TEST_CASE("a strip with tables of its own keeps them") {
    auto other = strip_options(true);
    other.quality = 40;
    const auto tables = encode_jpeg_tables(strip_options(true));
    const auto strip = encode_jpeg(color_scene(61, 43), other);
    const auto codec = codec_of(tables, kYcbcr);
    Block block;
    REQUIRE(codec->decode(strip, block));
    std::vector<std::byte> again;
    REQUIRE(codec->encode(block, *codec->inspect(strip), again));
    CHECK(decode_jpeg(again, tables).planes[0].quant == decode_jpeg(strip).planes[0].quant);
    // The next strip, which has none, uses the shared ones.
    const auto plain = encode_jpeg(color_scene(61, 43), strip_options(false));
    REQUIRE(codec->decode(plain, block));
    CHECK(scene_of_block(block, {}) == scene_of(decode_jpeg(plain, tables).planes[0]));
  }

  TEST_CASE("without shared tables, streams are complete") {
    const auto strip = encode_jpeg(color_scene(61, 43), strip_options(true));
    const auto codec = codec_of({}, kYcbcr);
    Block block;
    REQUIRE(codec->decode(strip, block));
    std::vector<std::byte> again;
    REQUIRE(codec->encode(block, *codec->inspect(strip), again));
    CHECK(decode_jpeg(again).planes[0].quant == decode_jpeg(strip).planes[0].quant);
  }

  TEST_CASE("padding outside the image repeats its last column and row") {
    const auto tile = encode_jpeg(color_scene(64, 48), strip_options(true));
    const auto codec = codec_of({}, kYcbcr);
    const auto encode_with = [&](std::byte outside) {
      Block block;
      REQUIRE(codec->decode(tile, block));
      for (std::uint32_t y = 0; y < 48; ++y) {
        for (std::uint32_t x = 0; x < 64; ++x) {
          if (x >= 30 || y >= 20) block.pixels.data()[y * block.stride + x] = outside;
        }
      }
      block.width = 30;
      block.height = 20;
      std::vector<std::byte> again;
      REQUIRE(codec->encode(block, *codec->inspect(tile), again));
      return again;
    };
    const auto file = encode_with(std::byte{0});
    CHECK(file == encode_with(std::byte{255}));
    const auto plane = decode_jpeg(file).planes[0];
    CHECK(plane.width == 64);
    CHECK(std::abs(plane.samples[10 * 64 + 60] - plane.samples[10 * 64 + 29]) < 12);
  }

  TEST_CASE("the containing file defines the meaning of three components") {
    auto options = strip_options(true);
    options.color = JpegColor::rgb;
    options.factors = {};
    auto strip = encode_jpeg(color_scene(61, 43), options);
    // Without the Adobe marker and with ids 1, 2, 3, the stream does not identify itself as RGB.
    const auto adobe = as_text(strip).find("\xFF\xEE");
    strip.erase(strip.begin() + static_cast<std::ptrdiff_t>(adobe),
                strip.begin() + static_cast<std::ptrdiff_t>(adobe) + 16);
    StreamOptions stream_options = kYcbcr;
    stream_options.color = ColorModel::rgb;
    stream_options.output = OutputMode::rgb_rows;
    const auto codec = codec_of({}, stream_options);
    Block block;
    REQUIRE(codec->decode(strip, block));
    const Scene stored = scene_of_block(block, {.colors = 3});
    std::vector<std::uint16_t> red;
    for (std::size_t i = 0; i < stored.samples.size(); i += 3) red.push_back(stored.samples[i]);
    CHECK(red == decode_jpeg(strip).planes[0].samples);
    std::vector<std::byte> again;
    REQUIRE(codec->encode(block, *codec->inspect(strip), again));
    CHECK(decode_jpeg(again).planes[2].factors == JpegFactors{1, 1});
  }

  TEST_CASE("only luma, for a gray result") {
    StreamOptions options = kYcbcr;
    options.output = OutputMode::luma;
    const auto strip = encode_jpeg(color_scene(61, 43), strip_options(true));
    const auto codec = codec_of({}, options);
    Block block;
    REQUIRE(codec->decode(strip, block));
    std::vector<std::byte> again;
    REQUIRE(codec->encode(block, gray_frame(*codec->inspect(strip)), again));
    const auto out = decode_jpeg(again);
    CHECK(out.color == JpegColor::gray);
    CHECK(out.planes[0].quant == decode_jpeg(strip).planes[0].quant);
  }

  TEST_CASE("a stream larger than its strip is rejected before anything is allocated") {
    const auto strip = encode_jpeg(color_scene(65, 10), strip_options(true));
    Block block;
    const auto decoded = codec_of({}, kYcbcr)->decode(strip, block);
    REQUIRE(!decoded);
    CHECK(decoded.error().code == Errc::corrupt);
    CHECK(block.pixels.size() == 0);
  }

  TEST_CASE("truncated or damaged streams and tables are rejected") {
    const auto tables = encode_jpeg_tables(strip_options(true));
    const auto strip = encode_jpeg(color_scene(20, 20), strip_options(false));
    const auto codec = codec_of(tables, kYcbcr);
    Block block;
    for (std::size_t length = 0; length < strip.size(); ++length) {
      CHECK(!codec->decode(Bytes(strip).first(length), block));
    }
    for (std::size_t length = 1; length < tables.size(); ++length) {
      CHECK(!StreamCodec::create(Bytes(tables).first(length), kYcbcr));
    }
    CHECK(!codec_of({}, kYcbcr)->decode(strip, block));  // it needs its tables
  }

  TEST_CASE("sampling factors that do not divide one another: luma works, RGB is rejected as unsupported") {
    // libjpeg can make such a file from planes, but not from pixels.
    Frame frame;
    frame.width = frame.height = 48;
    frame.color = ColorModel::ycbcr;
    for (int i = 0; i < 3; ++i) frame.components.push_back({i + 1, 3 - i, 1, 0, {}});
    for (auto& component : frame.components) component.quant.fill(2);
    const auto band = make_band(frame, 3, frame.imcu_rows());
    Block block;
    block.width = block.height = 48;
    block.stride = band.planes[0].stride;
    block.pixels.resize(band.bytes);
    for (std::size_t i = 0; i < band.bytes; ++i) block.pixels.data()[i] = static_cast<std::byte>(100 + i % 50);
    std::vector<std::byte> file;
    REQUIRE(codec_of({}, kYcbcr)->encode(block, frame, file));

    const auto out = decode_jpeg(equalize_jpeg(file).file);
    CHECK(out.planes[0].factors == JpegFactors{3, 1});
    EqualizeOptions options;
    options.channels = Channels::each;
    CHECK(failure_of(file, options).code == Errc::unsupported);
  }
}
