#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "ece465/image/equalize.hpp"
#include "jpeg_file.hpp"
#include "png_file.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::Scene;

namespace {

struct Converted {
  std::vector<std::byte> file;
  EqualizeReport report;
  [[nodiscard]] bool notes(std::string_view words) const {
    return std::ranges::any_of(report.notes, [&](const auto& note) { return note.find(words) != note.npos; });
  }
};

Converted convert(Bytes input, Format output, Channels channels = Channels::luma) {
  const auto source = borrow_memory("input", input);
  EqualizeOptions options;
  options.channels = channels;
  options.quality = 100;
  MemorySink sink;
  auto report = equalize(*source, sink, output, options);
  REQUIRE_MESSAGE(report, report.error().text());
  return {sink.bytes(), *std::move(report)};
}

Scene narrowed(Scene scene) {
  for (auto& v : scene.samples) v = static_cast<std::uint16_t>((v * 255U + 32767) / 65535);
  scene.layout.bits = 8;
  return scene;
}

Scene without_extras(const Scene& scene) {
  Scene result = scene;
  result.layout.extras = 0;
  result.layout.alpha = Alpha::none;
  result.samples.clear();
  for (std::size_t i = 0; i < scene.samples.size(); i += scene.layout.samples()) {
    for (std::size_t c = 0; c < scene.layout.colors; ++c) result.samples.push_back(scene.samples[i + c]);
  }
  return result;
}

/// The largest difference of two scenes of the same shape.
int distance(const Scene& a, const Scene& b) {
  REQUIRE(a.layout == b.layout);
  REQUIRE(a.samples.size() == b.samples.size());
  int largest = 0;
  for (std::size_t i = 0; i < a.samples.size(); ++i) largest = std::max(largest, std::abs(a.samples[i] - b.samples[i]));
  return largest;
}

constexpr int kJpegLoss = 3;  // quality 100, no subsampling

}  // namespace

TEST_SUITE("conversion") {
  TEST_CASE("PNG to JPEG: gray and colour, with notes on 16 bits and alpha") {
    for (const std::uint8_t bits : {std::uint8_t{8}, std::uint8_t{16}}) {
      for (const std::uint8_t colors : {std::uint8_t{1}, std::uint8_t{3}}) {
        for (const bool alpha : {false, true}) {
          for (const Channels channels : {Channels::luma, Channels::gray, Channels::each}) {
            CAPTURE(int{bits});
            CAPTURE(int{colors});
            CAPTURE(alpha);
            const PixelLayout layout{.bits = bits,
                                     .colors = colors,
                                     .extras = static_cast<std::uint8_t>(alpha ? 1 : 0),
                                     .alpha = alpha ? Alpha::unassociated : Alpha::none};
            const Scene scene = testing::landscape(64, 48, layout);
            const auto run = convert(testing::encode_png(scene), Format::jpeg, channels);
            Scene expected = without_extras(testing::oracle(scene, channels));
            if (bits == 16) expected = narrowed(expected);
            const Scene got = testing::decode_jpeg_rows(run.file);
            if (expected.layout.colors == 1) {
              CHECK(distance(got, expected) <= kJpegLoss);
            } else {
              CHECK(got.layout == expected.layout);
            }
            CHECK(run.notes("16 bits became 8") == (bits == 16));
            CHECK(run.notes("alpha was dropped") == alpha);
          }
        }
      }
    }
  }

  TEST_CASE("JPEG to PNG: the decoded pixels are equalized, without loss") {
    const Scene scene = testing::landscape(64, 48, {.colors = 3});
    testing::JpegOptions jpeg;
    jpeg.color = testing::JpegColor::ycbcr;
    const auto file = testing::encode_jpeg(scene, jpeg);
    for (const Channels channels : {Channels::luma, Channels::each}) {
      const auto run = convert(file, Format::png, channels);
      const Scene expected = testing::oracle(testing::decode_jpeg_rows(file), channels);
      CHECK(distance(testing::decode_png(run.file).scene, expected) <= 2);  // decoders may round differently
      CHECK(run.report.notes.empty());
    }
    const auto gray = testing::encode_jpeg(testing::landscape(64, 48, {}), {});
    const Scene expected = testing::oracle(testing::decode_jpeg_rows(gray), Channels::luma);
    CHECK(distance(testing::decode_png(convert(gray, Format::png).file).scene, expected) <= 2);
  }

  TEST_CASE("a palette is expanded to colours for formats without palettes") {
    testing::PngShape shape;
    for (unsigned i = 0; i < 64; ++i) {
      for (const unsigned k : {71U, 113U, 37U}) shape.palette.push_back(static_cast<std::uint8_t>(90 + i * k % 80));
    }
    Scene indices = testing::landscape(64, 48, {});
    for (auto& v : indices.samples) v %= 64;
    const auto plain = testing::encode_png(indices, shape);
    CHECK(testing::decode_jpeg_rows(convert(plain, Format::jpeg).file).layout.colors == 3);
    CHECK(testing::decode_jpeg_rows(convert(plain, Format::jpeg, Channels::gray).file).layout.colors == 1);
    CHECK(convert(plain, Format::jpeg).report.notes.empty());
    const auto transparent =
        testing::with_chunk_before(plain, "IDAT", testing::png_chunk("tRNS", std::string_view("\0\1", 2)));
    CHECK(convert(transparent, Format::jpeg).notes("alpha was dropped"));
  }

  TEST_CASE("metadata is carried over from PNG to JPEG and back") {
    std::string icc(200, '\0');
    icc.replace(16, 4, "RGB ");
    const std::string exif("II*\0\10\0\0\0\0\0\0\0\0\0", 14);
    const std::string xmp = "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>";
    auto png = testing::encode_png(testing::landscape(32, 32, {.colors = 3}));
    const auto add = [&](std::string_view name, const std::string& data) {
      png = testing::with_chunk_before(png, "IDAT", testing::png_chunk(name, data));
    };
    add("iCCP", std::string("p\0\0", 3) + testing::zlib_packed(icc));
    add("pHYs", testing::png_number(4, 11811) + testing::png_number(4, 5906) + "\1");
    add("eXIf", exif);
    add("iTXt", std::string("XML:com.adobe.xmp\0\0\0\0\0", 22) + xmp);
    add("tEXt", std::string("Comment\0caf\xE9", 12));
    add("zTXt", std::string("Title\0\0", 7) + testing::zlib_packed("fog"));
    add("tEXt", std::string("Raw profile type exif\0\n00", 25));

    const auto jpeg = convert(png, Format::jpeg).file;
    const auto source = borrow_memory("there.jpg", jpeg);
    const auto reader = open_image(*source, {});
    REQUIRE(reader);
    const auto there = (*reader)->metadata();
    REQUIRE(there);
    CHECK(as_text(there->icc) == icc);
    CHECK(as_text(there->exif) == exif);
    CHECK(there->xmp == xmp);
    CHECK(there->comments == std::vector<std::string>{"caf\xC3\xA9", "Title: fog"});
    CHECK(there->x_density == doctest::Approx(11811).epsilon(0.01));
    CHECK(there->y_density == doctest::Approx(5906).epsilon(0.01));

    const auto back = convert(jpeg, Format::png).file;
    CHECK(testing::png_find(back, "eXIf") == testing::png_chunk("eXIf", exif));
    CHECK(as_text(testing::png_find(back, "iCCP").data).starts_with("ICC profile"));
    const auto source_back = borrow_memory("back.png", back);
    const auto reader_back = open_image(*source_back, {});
    REQUIRE(reader_back);
    const auto here = (*reader_back)->metadata();
    REQUIRE(here);
    CHECK(here->icc == there->icc);
    CHECK(here->xmp == xmp);
    CHECK(here->comments == there->comments);

    const auto gray = convert(jpeg, Format::png, Channels::gray);
    CHECK(testing::png_find(gray.file, "iCCP") == testing::PngChunk{});
    CHECK(gray.notes("colour profile was dropped"));
  }

  TEST_CASE("compressed metadata that unpacks beyond the limit is rejected if it has to be unpacked") {
    auto png = testing::encode_png(testing::landscape(32, 32, {}));
    const std::string bomb = testing::zlib_packed(std::string(2'000'000, 'a'));
    png = testing::with_chunk_before(png, "IDAT",
                                     testing::png_chunk("iTXt", std::string("Comment\0\1\0\0\0", 12) + bomb));
    const auto source = borrow_memory("bomb.png", png);
    EqualizeOptions options;
    options.limits.max_metadata_bytes = 1'000'000;
    MemorySink sink;
    const auto refused = equalize(*source, sink, Format::jpeg, options);
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::too_large);
    CHECK(equalize(*source, sink, Format::png, options));

    const auto broken =
        testing::with_chunk_before(png, "iTXt", testing::png_chunk("iCCP", std::string("p\0\0nonsense", 11)));
    const auto broken_source = borrow_memory("broken.png", broken);
    const auto corrupt = equalize(*broken_source, sink, Format::jpeg, {});
    REQUIRE(!corrupt);
    CHECK(corrupt.error().code == Errc::corrupt);
    CHECK(corrupt.error().text().find("iCCP") != std::string::npos);
  }
}
