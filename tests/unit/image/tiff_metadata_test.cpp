#include <tiffio.h>

#include "ece465/image/codec.hpp"
#include "png_file.hpp"
#include "tiff_checks.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::equalized;
using testing::Scene;
using testing::TiffAnatomy;
using testing::TiffBuilder;
using testing::with;

namespace {

/// A file with all kinds of tags: EXIF with maker's notes and interoperability tags, GPS, a vendor's private directory,
/// a profile, XMP, text, private numbers.
std::vector<std::byte> rich_file(std::endian order, bool big) {
  TiffBuilder b(order, big);
  const std::uint16_t pointer = big ? 18 : 4;
  const auto pixels = b.add(as_bytes(std::string(64, 'a') + std::string(64, 'c')));
  const auto interop = b.add_directory({TiffBuilder::text(1, "R98"), TiffBuilder::blob(2, "0100")});
  const auto exif = b.add_directory({b.rational(33434, 1, 250), TiffBuilder::blob(36864, "0232"),
                                     TiffBuilder::blob(37500, "a maker's own notes, with offsets of their own"),
                                     b.integers(40965, pointer, {interop})});
  const auto gps = b.add_directory({TiffBuilder::blob(0, "\2\3\0\0"), TiffBuilder::text(1, "N")});
  const auto vendor = b.add_directory({b.shorts(1, {1, 2, 3, 4, 5}), TiffBuilder::text(40000, "a vendor's own words")});
  std::string icc(600, '\0');
  icc.replace(16, 4, "RGB ");
  auto tags = b.gray_tags(16, 8, pixels);
  tags.insert(tags.end(),
              {TiffBuilder::text(270, "what is seen"), TiffBuilder::text(271, "a maker"), b.shorts(274, {6}),
               b.rational(282, 300, 1), b.rational(283, 300, 1), b.shorts(296, {2}),
               TiffBuilder::blob(700, "<x:xmpmeta>...</x:xmpmeta>"), TiffBuilder::text(33432, "a holder"),
               b.integers(34665, pointer, {exif}), TiffBuilder::blob(34675, icc), b.integers(34853, pointer, {gps}),
               b.integers(65000, big ? 18 : 13, {vendor}), b.longs(65001, {7, 8, 9}), TiffBuilder::blob(65002, "ab")});
  std::ranges::sort(tags, {}, &TiffBuilder::Tag::number);
  return b.finish(b.add_directory(tags));
}

std::uint64_t pointer(const TiffAnatomy& file, const testing::TiffDirectory& from, std::uint16_t tag) {
  const auto targets = file.integers(from, tag);
  REQUIRE(targets.size() == 1);
  return targets[0];
}

}  // namespace

TEST_SUITE("TIFF metadata") {
  TEST_CASE("all tags are kept, and all directories that they point to, at any depth") {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
      for (const bool big : {false, true}) {
        const auto input = rich_file(order, big);
        const auto output = equalized(input);
        testing::check_same_tags(input, output);
        const TiffAnatomy a(input), b(output);
        const auto same_below = [&](const auto& from_a, const auto& from_b, std::uint16_t tag) {
          auto below = std::pair(a.directory_at(pointer(a, from_a, tag)), b.directory_at(pointer(b, from_b, tag)));
          testing::check_same_tags(below.first, below.second);
          return below;
        };
        const auto exif = same_below(a.chain[0], b.chain[0], 34665);
        same_below(exif.first, exif.second, 40965);
        same_below(a.chain[0], b.chain[0], 34853);
      }
    }
  }

  TEST_CASE("a directory behind a private pointer is kept") {
    const auto input = rich_file(std::endian::little, false);
    const TiffAnatomy file(equalized(input));
    const auto vendor = file.directory_at(pointer(file, file.chain[0], 65000));
    CHECK(as_text(vendor.tags.at(40000).values) == std::string_view("a vendor's own words\0", 21));
  }

  TEST_CASE("an image that became gray drops a colour profile and keeps a gray one") {
    for (const bool gray_profile : {false, true}) {
      const Scene scene = testing::landscape(20, 10, {.bits = 8, .colors = 3});
      std::string icc(200, '\0');
      icc.replace(16, 4, gray_profile ? "GRAY" : "RGB ");
      testing::TiffShape shape;
      shape.tags = [&](TIFF* t) {
        TIFFSetField(t, TIFFTAG_ICCPROFILE, static_cast<std::uint32_t>(icc.size()), icc.data());
      };
      const auto input = testing::encode_tiff(scene, shape);
      const auto source = borrow_memory("test.tif", input);
      MemorySink sink;
      const auto report = equalize(*source, sink, Format::tiff, with(Channels::gray));
      REQUIRE(report);
      CHECK(TiffAnatomy(sink.bytes()).chain[0].tags.contains(TIFFTAG_ICCPROFILE) == gray_profile);
      CHECK(report->notes.size() == (gray_profile ? 0 : 1));
    }
  }

  TEST_CASE("the original's minimum and maximum sample values are dropped") {
    TiffBuilder b;
    auto tags = b.gray_tags(4, 4, b.add(std::string(8, 'a') + std::string(8, 'z')));
    tags.insert(tags.begin() + 9, {b.shorts(280, {'a'}), b.shorts(281, {'z'})});
    const auto output = equalized(b.finish(b.add_directory(tags)));
    const TiffAnatomy file(output);
    CHECK_FALSE(file.chain[0].tags.contains(280));
    CHECK_FALSE(file.chain[0].tags.contains(281));
  }

  TEST_CASE("values that pages share stay shared") {
    TiffBuilder b;
    std::string words(5000, 'w');
    const auto shared = b.add(words);
    std::vector<std::uint64_t> pages;
    std::uint64_t next = 0;
    for (int i = 0; i < 3; ++i) {
      auto tags = b.gray_tags(4, 4, b.add(std::string(8, 'a') + std::string(8, 'z')));
      tags.push_back({.number = 65000, .type = 4, .count = 1, .values = {}});
      tags.back() = b.longs(65000, {shared});
      next = b.add_directory(tags, next);
      // Turn the LONG into a reference to the shared bytes.
      b.put(next + 2 + 9 * 12 + 2, 7, 2);
      b.put(next + 2 + 9 * 12 + 4, words.size(), 4);
    }
    const auto input = b.finish(next);
    const auto output = equalized(input);
    CHECK(output.size() < input.size() + 500);
    const TiffAnatomy file(output);
    for (const auto& page : file.chain) CHECK(as_text(page.tags.at(65000).values) == words);
  }

  TEST_CASE("a dangling EXIF pointer is dropped with a note") {
    TiffBuilder b;
    const auto pixels = b.add(std::string(64, 'a') + std::string(64, 'c'));
    auto tags = b.gray_tags(16, 8, pixels);
    tags.push_back(b.longs(34665, {pixels + 3}));
    const auto input = b.finish(b.add_directory(tags));
    const auto source = borrow_memory("test.tif", input);
    MemorySink sink;
    const auto report = equalize(*source, sink, Format::tiff, {});
    REQUIRE_MESSAGE(report, report.error().text());
    CHECK(report->notes.size() == 1);
    CHECK_FALSE(TiffAnatomy(sink.bytes()).chain[0].tags.contains(34665));
  }

  TEST_CASE("tags with offsets in a private format are dropped with a note") {
    TiffBuilder b;
    auto tags = b.gray_tags(4, 4, b.add(std::string(8, 'a') + std::string(8, 'z')));
    tags.insert(tags.begin() + 9, {b.longs(288, {8}), b.longs(289, {8})});
    tags.push_back(TiffBuilder::blob(34412, "Zeiss LSM information full of offsets"));
    const auto input = b.finish(b.add_directory(tags));
    const auto source = borrow_memory("test.tif", input);
    MemorySink sink;
    const auto report = equalize(*source, sink, Format::tiff, {});
    REQUIRE(report);
    CHECK(report->notes.size() == 1);
    const TiffAnatomy file(sink.bytes());
    for (const int tag : {288, 289, 34412}) CHECK_FALSE(file.chain[0].tags.contains(static_cast<std::uint16_t>(tag)));
  }

  TEST_CASE("images in sub-directories are equalized as pages, unsupported ones are copied with their data") {
    const Scene big = testing::landscape(40, 30, {.bits = 8}), small = testing::landscape(20, 15, {.bits = 8});
    TiffBuilder b;
    const auto level_tags = [&](const Scene& scene) {
      const auto block = testing::block_of(scene);
      return b.gray_tags(scene.width, scene.height, b.add(block.pixels.span()));
    };
    auto level = level_tags(small);
    level.insert(level.begin(), b.longs(254, {1}));
    const auto reduced = b.add_directory(level);
    // A thumbnail with an unsupported compression.
    const std::string fax = "arbitrary fax data";
    const auto fax_offset = b.add(fax);
    const auto thumbnail =
        b.add_directory({b.longs(254, {1}), b.longs(256, {8}), b.longs(257, {8}), b.shorts(259, {4}),
                         b.shorts(262, {0}), b.longs(273, {fax_offset}), b.longs(279, {fax.size()})});
    auto tags = level_tags(big);
    tags.push_back(b.longs(330, {reduced, thumbnail}));
    const auto input = b.finish(b.add_directory(tags));
    const auto output = equalized(input);
    CHECK(testing::decode_tiff(output) == testing::oracle(big, Channels::luma));
    const TiffAnatomy file(output);
    const auto below = file.integers(file.chain[0], 330);
    REQUIRE(below.size() == 2);
    CHECK(testing::decode_tiff(output, 0, below[0]) == testing::oracle(small, Channels::luma));
    CHECK(as_text(file.segment(file.directory_at(below[1]), 0)) == fax);
  }

  TEST_CASE("an old-style JPEG thumbnail keeps its stream and its tables") {
    TiffBuilder b;
    const std::string stream = "a JPEG stream", quantization(64, 'q');
    const std::string huffman = std::string("\1\1", 2) + std::string(14, '\0') + "xy";  // two codes
    const auto data = b.add(stream);
    const auto tables = b.add(quantization);
    const auto codes = b.add(huffman);
    const auto thumbnail = b.add_directory({b.longs(254, {1}), b.longs(256, {8}), b.longs(257, {8}), b.shorts(259, {6}),
                                            b.shorts(262, {6}), b.longs(513, {data}), b.longs(514, {stream.size()}),
                                            b.longs(519, {tables, tables}), b.longs(520, {codes})});
    const auto tags = b.gray_tags(4, 4, b.add(std::string(8, 'a') + std::string(8, 'z')));
    const auto first = b.add_directory(tags, thumbnail);
    const auto output = equalized(b.finish(first));
    const TiffAnatomy file(output);
    REQUIRE(file.chain.size() == 2);
    const auto bytes_at = [&](std::uint16_t tag, std::size_t n) {
      return as_text(Bytes(output).subspan(file.integers(file.chain[1], tag).at(0), n));
    };
    CHECK(bytes_at(513, stream.size()) == stream);
    CHECK(bytes_at(519, 64) == quantization);
    CHECK(bytes_at(520, huffman.size()) == huffman);
  }

  TEST_CASE("metadata for other formats: EXIF and GPS, profile, XMP, resolution") {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
      for (const bool big : {false, true}) {
        const auto input = rich_file(order, big);
        const auto source = borrow_memory("test.tif", input);
        const auto reader = open_image(*source, {.channels = Channels::luma, .interleaved = true, .limits = {}});
        REQUIRE(reader);
        const auto metadata = (*reader)->metadata();
        REQUIRE_MESSAGE(metadata, metadata.error().text());
        CHECK(metadata->icc.size() == 600);
        CHECK(metadata->xmp == "<x:xmpmeta>...</x:xmpmeta>");
        CHECK(metadata->x_density == doctest::Approx(300 / 0.0254));
        const TiffAnatomy exif(metadata->exif);
        CHECK_FALSE(exif.big);
        CHECK(exif.order == order);
        const auto& root = exif.chain.at(0);
        CHECK(exif.integers(root, 274) == std::vector<std::uint64_t>{6});
        CHECK(as_text(root.tags.at(271).values) == std::string_view("a maker\0", 8));
        CHECK_FALSE(root.tags.contains(256));
        CHECK_FALSE(root.tags.contains(65001));
        const auto below = exif.directory_at(pointer(exif, root, 34665));
        CHECK(below.tags.contains(37500));
        CHECK(exif.directory_at(pointer(exif, below, 40965)).tags.contains(2));
        CHECK(exif.directory_at(pointer(exif, root, 34853)).tags.contains(1));
      }
    }
  }

  TEST_CASE("a PNG becomes a TIFF with the same pixels") {
    for (const std::uint8_t bits : {std::uint8_t{8}, std::uint8_t{16}}) {
      for (const std::uint8_t colors : {std::uint8_t{1}, std::uint8_t{3}}) {
        for (const Alpha alpha : {Alpha::none, Alpha::unassociated}) {
          const PixelLayout layout{.bits = bits,
                                   .colors = colors,
                                   .extras = static_cast<std::uint8_t>(alpha == Alpha::none ? 0 : 1),
                                   .alpha = alpha};
          const Scene scene = testing::landscape(61, 43, layout);
          const auto png = testing::encode_png(scene);
          const auto output = equalized(png);
          CHECK(testing::decode_tiff(output) == testing::oracle(scene, Channels::luma));
        }
      }
    }
  }
}
