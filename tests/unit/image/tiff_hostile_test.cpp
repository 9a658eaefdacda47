#include <tiffio.h>

#include <functional>
#include <limits>

#include "tiff_checks.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::Scene;
using testing::TiffBuilder;
using testing::TiffShape;
using testing::try_equalize;

namespace {

using Tags = std::vector<TiffBuilder::Tag>;

/// A small gray image with tags that `change` modifies.
std::vector<std::byte> gray_file(const std::function<void(TiffBuilder&, Tags&)>& change) {
  TiffBuilder b;
  auto tags = b.gray_tags(16, 16, b.add(std::string(128, 'a') + std::string(128, 'z')));
  change(b, tags);
  std::ranges::stable_sort(tags, {}, &TiffBuilder::Tag::number);
  return b.finish(b.add_directory(tags));
}

void set(Tags& tags, const TiffBuilder::Tag& tag) {
  std::erase_if(tags, [&](const auto& old) { return old.number == tag.number; });
  tags.push_back(tag);
}

void drop(Tags& tags, std::uint16_t number) {
  std::erase_if(tags, [&](const auto& old) { return old.number == number; });
}

void check_rejected(Bytes file, Errc code, std::string_view word) {
  const auto result = try_equalize(file);
  REQUIRE_FALSE(result);
  CAPTURE(result.error().text());
  CHECK(result.error().code == code);
  CHECK(result.error().text().find(word) != std::string::npos);
  CHECK(result.error().text().find('\n') == std::string::npos);
}

constexpr std::uint16_t kCompressions[] = {COMPRESSION_NONE,     COMPRESSION_LZW,  COMPRESSION_ADOBE_DEFLATE,
                                           COMPRESSION_PACKBITS, COMPRESSION_ZSTD, COMPRESSION_LZMA};
constexpr std::uint32_t kMax = std::numeric_limits<std::uint32_t>::max();

}  // namespace

TEST_SUITE("invalid TIFF input") {
  TEST_CASE("unsupported features are named") {
    struct Case {
      TiffBuilder::Tag tag;
      std::string_view word;
    };
    const TiffBuilder b;
    const Case cases[] = {
        {b.shorts(258, {1}), "1-bit samples"},
        {b.shorts(258, {12}), "12-bit samples"},
        {b.shorts(258, {32}), "32-bit samples"},
        {b.shorts(259, {2}), "fax"},
        {b.shorts(259, {4}), "fax"},
        {b.shorts(259, {6}), "old-style JPEG"},
        {b.shorts(259, {34712}), "JPEG 2000"},
        {b.shorts(259, {34887}), "LERC"},
        {b.shorts(259, {50001}), "WebP"},
        {b.shorts(259, {34676}), "SGILog"},
        {b.shorts(259, {12345}), "unknown compression 12345"},
        {b.shorts(262, {4}), "mask"},
        {b.shorts(262, {5}), "CMYK"},
        {b.shorts(262, {8}), "L*a*b*"},
        {b.shorts(262, {32803}), "raw camera data"},
        {b.shorts(262, {32845}), "LogLuv"},
        {b.shorts(262, {999}), "unknown photometric interpretation 999"},
        {b.shorts(339, {2}), "signed"},
        {b.shorts(339, {3}), "floating-point"},
        {b.shorts(339, {5}), "complex"},
        {b.longs(277, {300}), "300 samples"},
    };
    for (const auto& [tag, word] : cases) {
      CAPTURE(word);
      check_rejected(gray_file([&, &t = tag](TiffBuilder&, Tags& tags) { set(tags, t); }), Errc::unsupported, word);
    }
    check_rejected(gray_file([](TiffBuilder& f, Tags& tags) {
                     set(tags, f.shorts(277, {3}));
                     set(tags, f.shorts(258, {8, 8, 16}));
                     set(tags, f.shorts(262, {2}));
                   }),
                   Errc::unsupported, "bits per sample differ");
    check_rejected(gray_file([](TiffBuilder& f, Tags& tags) {
                     set(tags, f.shorts(259, {8}));
                     set(tags, f.shorts(317, {3}));
                   }),
                   Errc::unsupported, "predictor");
    check_rejected(gray_file([](TiffBuilder&, Tags& tags) {
                     set(tags, TiffBuilder::text(270, "ImageJ=1.53t\nimages=3\n"));
                     for (auto& tag : tags) {
                       if (tag.number == 257) tag.values[0] = std::byte{5};
                     }
                   }),
                   Errc::unsupported, "ImageJ stack");
  }

  TEST_CASE("inconsistent tags are corrupt") {
    const auto corrupt = [](std::string_view word, const std::function<void(TiffBuilder&, Tags&)>& change) {
      CAPTURE(word);
      check_rejected(gray_file(change), Errc::corrupt, word);
    };
    corrupt("0 x 16", [](TiffBuilder& b, Tags& tags) { set(tags, b.longs(256, {0})); });
    corrupt("16 x 0", [](TiffBuilder&, Tags& tags) { drop(tags, 257); });
    corrupt("0 samples", [](TiffBuilder& b, Tags& tags) { set(tags, b.shorts(277, {0})); });
    corrupt("0 rows", [](TiffBuilder& b, Tags& tags) { set(tags, b.longs(278, {0})); });
    corrupt("offsets of its strips", [](TiffBuilder&, Tags& tags) { drop(tags, 273); });
    corrupt("missing", [](TiffBuilder& b, Tags& tags) { set(tags, b.longs(273, {0})); });
    corrupt("ends early", [](TiffBuilder& b, Tags& tags) { set(tags, b.longs(273, {1000})); });
    corrupt("ends early", [](TiffBuilder& b, Tags& tags) { set(tags, b.longs(273, {kMax})); });
    corrupt("lists 1 strips; the image has 2", [](TiffBuilder& b, Tags& tags) { set(tags, b.longs(278, {8})); });
    corrupt("has 100 bytes", [](TiffBuilder& b, Tags& tags) { set(tags, b.longs(279, {100})); });
    corrupt("not an integer", [](TiffBuilder&, Tags& tags) { set(tags, TiffBuilder::text(256, "wide")); });
    corrupt("planar", [](TiffBuilder& b, Tags& tags) { set(tags, b.shorts(284, {7})); });
    corrupt("tiles of 0", [](TiffBuilder& b, Tags& tags) {
      set(tags, b.longs(322, {0}));
      set(tags, b.longs(323, {16}));
    });
    corrupt("without its palette", [](TiffBuilder& b, Tags& tags) { set(tags, b.shorts(262, {3})); });
    corrupt("768 are needed", [](TiffBuilder& b, Tags& tags) {
      set(tags, b.shorts(262, {3}));
      set(tags, b.shorts(320, {1, 2, 3}));
    });
    corrupt("RGB with 1", [](TiffBuilder& b, Tags& tags) { set(tags, b.shorts(262, {2})); });
    corrupt("ends early", [](TiffBuilder&, Tags& tags) {
      auto huge = TiffBuilder::blob(65000, "12345678");
      huge.count = kMax;
      set(tags, huge);
    });
    corrupt("cannot contain", [](TiffBuilder& b, Tags& tags) {  // a decompression bomb
      set(tags, b.shorts(259, {8}));
      set(tags, b.longs(256, {4000}));
      set(tags, b.longs(257, {4000}));
      set(tags, b.longs(278, {4000}));
    });
    corrupt("cannot be decoded", [](TiffBuilder& b, Tags& tags) { set(tags, b.shorts(259, {8})); });
    corrupt("cannot be decoded", [](TiffBuilder& b, Tags& tags) { set(tags, b.shorts(259, {50000})); });
  }

  TEST_CASE("irregularities that readers accept") {
    const auto fine = [](const std::function<void(TiffBuilder&, Tags&)>& change) {
      const auto result = try_equalize(gray_file(change));
      REQUIRE_MESSAGE(result, result.error().text());
      const Scene scene = testing::decode_tiff(*result);
      CHECK(scene.at(0, 0) == 0);
      CHECK(scene.at(0, 15) == 255);
    };
    fine([](TiffBuilder&, Tags& tags) { drop(tags, 279); });
    fine([](TiffBuilder& b, Tags& tags) { set(tags, b.longs(279, {0})); });
    fine([](TiffBuilder& b, Tags& tags) { set(tags, b.longs(278, {kMax})); });
    fine([](TiffBuilder&, Tags& tags) { drop(tags, 278); });
    fine([](TiffBuilder& b, Tags& tags) { set(tags, b.shorts(284, {2})); });
    fine([](TiffBuilder& b, Tags& tags) { set(tags, b.shorts(317, {2})); });       // a predictor without a compression
    fine([](TiffBuilder& b, Tags& tags) { tags.push_back(b.shorts(262, {2})); });  // a tag twice: the first counts
    fine([](TiffBuilder&, Tags& tags) {
      auto unknown_type = TiffBuilder::blob(65000, "ab");
      unknown_type.type = 99;
      tags.push_back(unknown_type);
    });
  }

  TEST_CASE("unsorted tags are sorted") {
    TiffBuilder b;
    auto tags = b.gray_tags(16, 16, b.add(std::string(128, 'a') + std::string(128, 'z')));
    std::ranges::reverse(tags);
    const auto result = try_equalize(b.finish(b.add_directory(tags)));
    REQUIRE(result);
    CHECK(testing::decode_tiff(*result).at(0, 15) == 255);
  }

  TEST_CASE("directories that form loops, overlap or are nested too deep") {
    TiffBuilder b;
    const auto tags = b.gray_tags(16, 16, b.add(std::string(256, 'a')));
    SUBCASE("a page that follows itself") {
      const auto page = b.add_directory(tags);
      b.put(b.next_field(page, tags.size()), page, 4);
      check_rejected(b.finish(page), Errc::corrupt, "loop");
    }
    SUBCASE("two pages that follow each other") {
      const auto second = b.add_directory(tags);
      const auto first = b.add_directory(tags, second);
      b.put(b.next_field(second, tags.size()), first, 4);
      check_rejected(b.finish(first), Errc::corrupt, "loop");
    }
    SUBCASE("a sub-image that is its own parent") {
      auto more = tags;
      more.push_back(b.longs(330, {0}));
      const auto page = b.add_directory(more);
      b.put(page + 2 + 9 * 12 + 8, page, 4);
      check_rejected(b.finish(page), Errc::corrupt, "loop");
    }
    SUBCASE("a directory within another") {
      const auto page = b.add_directory(tags, 0);
      b.put(b.next_field(page, tags.size()), page + 12, 4);
      check_rejected(b.finish(page), Errc::corrupt, "");
    }
    SUBCASE("a next page beyond the end") {
      const auto page = b.add_directory(tags, 1'000'000);
      check_rejected(b.finish(page), Errc::corrupt, "ends early");
    }
    SUBCASE("sub-images within sub-images") {
      std::uint64_t below = b.add_directory(tags);
      for (int i = 0; i < 20; ++i) {
        auto more = tags;
        more.push_back(b.longs(330, {below}));
        below = b.add_directory(more);
      }
      check_rejected(b.finish(below), Errc::corrupt, "deep");
    }
    SUBCASE("no tags") { check_rejected(b.finish(b.add_directory({})), Errc::corrupt, "0 tags"); }
    SUBCASE("only tags of unknown types") {
      const TiffBuilder::Tag strange{.number = 256, .type = 99, .count = 1, .values = std::vector<std::byte>(4)};
      const auto second = b.add_directory({strange});
      check_rejected(b.finish(b.add_directory(tags, second)), Errc::corrupt, "no tag of the directory");
      check_rejected(b.finish(second), Errc::corrupt, "no tag of the directory");
    }
    SUBCASE("no directory") { check_rejected(b.finish(0), Errc::corrupt, "no image"); }
    SUBCASE("EXIF that contains itself is dropped") {
      auto more = tags;
      const auto exif = b.add_directory({b.longs(40965, {0})});
      b.put(exif + 2 + 8, exif, 4);
      more.push_back(b.longs(34665, {exif}));
      const auto result = try_equalize(b.finish(b.add_directory(more)));
      CHECK(result);
    }
  }

  TEST_CASE("limits are checked before anything is allocated") {
    check_rejected(gray_file([](TiffBuilder& b, Tags& tags) {
                     set(tags, b.longs(256, {1'000'001}));
                     set(tags, b.longs(257, {1'000'000}));
                   }),
                   Errc::too_large, "1000001 x 1000000");
    check_rejected(gray_file([](TiffBuilder& b, Tags& tags) {  // one strip of a terabyte
                     set(tags, b.longs(256, {1'000'000}));
                     set(tags, b.longs(257, {1'000'000}));
                     set(tags, b.longs(278, {kMax}));
                     set(tags, b.shorts(259, {50000}));
                   }),
                   Errc::too_large, "memory");
    check_rejected(gray_file([](TiffBuilder& b, Tags& tags) {
                     set(tags, b.longs(322, {1'000'000}));
                     set(tags, b.longs(323, {1'000'000}));
                   }),
                   Errc::too_large, "memory");
    check_rejected(gray_file([](TiffBuilder& b, Tags& tags) {
                     set(tags, b.longs(322, {kMax}));
                     set(tags, b.longs(323, {kMax}));
                   }),
                   Errc::too_large, "tiles of");
    check_rejected(gray_file([](TiffBuilder& b, Tags& tags) {
                     set(tags, b.longs(256, {1'000'000}));
                     set(tags, b.longs(257, {1'000'000}));
                     set(tags, b.longs(322, {1}));
                     set(tags, b.longs(323, {1}));
                   }),
                   Errc::too_large, "tiles; at most");
    const auto pages = testing::encode_tiff(std::vector(5, testing::landscape(8, 8, {.bits = 8})));
    EqualizeOptions options;
    options.limits.max_pages = 4;
    CHECK(try_equalize(pages, options).error().text().find("more than 4 pages") != std::string::npos);
    options = {};
    options.limits.max_metadata_bytes = 1000;
    const auto wordy =
        gray_file([](TiffBuilder&, Tags& tags) { set(tags, TiffBuilder::blob(65000, std::string(1001, 'x'))); });
    CHECK(try_equalize(wordy, options).error().code == Errc::too_large);
    options = {};
    options.limits.max_ifd_entries = 8;
    CHECK(try_equalize(gray_file([](TiffBuilder&, Tags&) {}), options).error().text().find("tags") !=
          std::string::npos);
  }

  TEST_CASE("a truncated file is rejected, for each compression") {
    for (const std::uint16_t compression : kCompressions) {
      const Scene scene = testing::landscape(40, 30, {.bits = 8, .colors = 3});
      TiffShape shape;
      shape.compression = compression;
      const auto whole = testing::encode_tiff(std::vector{scene, scene}, shape);
      for (std::size_t n = 0; n < whole.size(); n += n < 64 ? 1 : 37) {
        CAPTURE(compression);
        CAPTURE(n);
        const auto result = try_equalize(Bytes(whole).first(n));
        REQUIRE_FALSE(result);
        CHECK((result.error().code == Errc::corrupt || result.error().code == Errc::bad_input));
      }
    }
  }

  TEST_CASE("truncated pixels are detected if the directory comes first") {
    TiffBuilder b;
    constexpr std::uint32_t kData = 200;
    const auto page = b.add_directory(b.gray_tags(16, 16, kData));
    while (b.size() < kData) b.add(std::string_view("\0", 2));
    b.add(std::string(128, 'a') + std::string(128, 'z'));
    const auto whole = b.finish(page);
    REQUIRE(whole.size() == kData + 256);
    REQUIRE(try_equalize(whole));
    for (std::size_t n = kData; n < whole.size(); ++n) {
      check_rejected(Bytes(whole).first(n), Errc::corrupt, "ends early");
    }
  }

  TEST_CASE("damaged bytes cause at most wrong pixels or an error") {
    for (const std::uint16_t compression : kCompressions) {
      TiffShape shape;
      shape.compression = compression;
      const auto whole = testing::encode_tiff(testing::landscape(40, 30, {.bits = 16}), shape);
      for (std::size_t at = 8; at < whole.size(); at += 11) {
        auto damaged = whole;
        damaged[at] ^= std::byte{0xFF};
        EqualizeOptions options;
        options.limits.max_page_pixels = 1'000'000;
        (void)try_equalize(damaged, options);
      }
    }
  }
}
