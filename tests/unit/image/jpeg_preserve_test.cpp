#include <algorithm>
#include <string>

#include "jpeg_run.hpp"

using namespace ece465;
using namespace ece465::image;
using namespace ece465::testing;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

constexpr int kApp = 0xE0, kComment = 0xFE;

std::vector<std::byte> color_jpeg(JpegOptions options = {}) {
  options.color = JpegColor::ycbcr;
  options.factors = k420;
  return encode_jpeg(color_scene(120, 90), options);
}

/// One of each kind of segment that cameras and editors write.
std::vector<JpegMarker> all_kinds_of_markers() {
  std::string profile(100'000, 'p');
  profile.replace(16, 4, "RGB ");
  return {
      jpeg_marker(kApp, "JFXX\0\x10thumbnail"s),
      jpeg_marker(kApp + 1, "Exif\0\0MM\0*and so on, with a thumbnail in it"s),
      jpeg_marker(kComment, "first"s),
      jpeg_marker(kApp + 1, "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"s),
      jpeg_marker(kApp + 1, "http://ns.adobe.com/xmp/extension/\0GUID and more"s),
      jpeg_marker(kApp + 2, "ICC_PROFILE\0\1\2"s + profile.substr(0, 65'000)),
      jpeg_marker(kApp + 2, "ICC_PROFILE\0\2\2"s + profile.substr(65'000)),
      jpeg_marker(kApp + 13, "Photoshop 3.0\0 8BIM"s),
      jpeg_marker(kApp + 14, "Adobe\0\x64\0\0\0\0\1"s),
      jpeg_marker(kApp + 15, ""s),
      jpeg_marker(kComment, std::string(65'533, 'c')),
      jpeg_marker(kComment, ""s),
  };
}

bool has_note(const EqualizeReport& report, std::string_view text) {
  return std::ranges::any_of(report.notes, [&](const auto& note) { return note.find(text) != std::string::npos; });
}

std::vector<std::byte> joined(Bytes a, Bytes b) {
  std::vector<std::byte> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

std::size_t find(Bytes bytes, std::string_view text) { return as_text(bytes).find(text); }

}  // namespace

TEST_SUITE("JPEG preserves") {
  TEST_CASE("every APPn and COM segment, byte for byte and in order") {
    const auto jpeg = color_jpeg({.markers = all_kinds_of_markers()});
    const auto in = decode_jpeg(jpeg).markers;
    CHECK(in.size() == all_kinds_of_markers().size() + 1);  // and JFIF
    const auto run = equalize_jpeg(jpeg);
    CHECK(decode_jpeg(run.file).markers == in);
    CHECK(run.report.notes.empty());
  }

  TEST_CASE("the absence of a JFIF header") {
    const auto jpeg = color_jpeg({.jfif = false, .markers = {jpeg_marker(kApp + 1, "Exif\0\0MM\0*"s)}});
    CHECK(decode_jpeg(equalize_jpeg(jpeg).file).markers == decode_jpeg(jpeg).markers);
    const auto bare = color_jpeg({.jfif = false, .markers = {}});
    CHECK(decode_jpeg(equalize_jpeg(bare).file).markers.empty());
  }

  TEST_CASE("comments between the image data and the end") {
    auto jpeg = color_jpeg({.markers = {jpeg_marker(kComment, "early")}});
    jpeg.resize(jpeg.size() - 2);  // the end-of-image marker
    const auto late = joined(jpeg, as_bytes("\xFF\xFE\0\6late\xFF\xEB\0\2\xFF\xD9"s));
    const auto file = equalize_jpeg(late).file;
    CHECK(decode_jpeg(file).markers == decode_jpeg(color_jpeg({.markers = {jpeg_marker(kComment, "early")}})).markers);
    CHECK(find(file, "\xFF\xFE\0\6late\xFF\xEB\0\2\xFF\xD9"s) == file.size() - 14);
    CHECK(equalize_jpeg(file).file.size() > 0);  // still a valid file
  }

  TEST_CASE("metadata that is valid for gray, with --channels gray") {
    const auto jpeg = color_jpeg({.markers = all_kinds_of_markers()});
    const auto run = equalize_jpeg(jpeg, Channels::gray);
    CHECK(has_note(run.report, "profile"));
    auto expected = decode_jpeg(jpeg).markers;
    std::erase_if(expected, [](const JpegMarker& m) {
      return as_text(m.content).starts_with("ICC_PROFILE") || as_text(m.content).starts_with("Adobe");
    });
    CHECK(decode_jpeg(run.file).markers == expected);
  }

  TEST_CASE("no second picture, with a note") {
    const auto first = color_jpeg({.markers = {jpeg_marker(kApp + 2, "MPF\0II*\0..."s), jpeg_marker(kComment, "x")}});
    const auto run = equalize_jpeg(joined(first, color_jpeg()));
    CHECK(has_note(run.report, "further pictures"));
    CHECK(find(run.file, "MPF"s) == std::string::npos);
    CHECK(decode_jpeg(run.file).markers.size() == 2);  // JFIF and the comment
  }

  TEST_CASE("no data after the image, with a note unless it is padding") {
    const auto jpeg = color_jpeg();
    CHECK(has_note(equalize_jpeg(joined(jpeg, as_bytes("a video"))).report, "7 bytes after the end"));
    const auto padded = equalize_jpeg(joined(jpeg, as_bytes(std::string(4096, '\0'))));
    CHECK(padded.report.notes.empty());
    CHECK(padded.file == equalize_jpeg(jpeg).file);
  }

  TEST_CASE("progressive coding") {
    const auto out = decode_jpeg(equalize_jpeg(color_jpeg({.progressive = true, .markers = {}})).file);
    CHECK(out.progressive);
    CHECK(
        decode_jpeg(equalize_jpeg(color_jpeg({.progressive = true, .markers = {}}), Channels::gray).file).progressive);
    CHECK(!decode_jpeg(equalize_jpeg(color_jpeg()).file).progressive);
  }

  TEST_CASE("arithmetic coding, sequential and progressive") {
    for (const bool progressive : {false, true}) {
      const auto jpeg = color_jpeg({.progressive = progressive, .arithmetic = true, .markers = {}});
      const auto out = decode_jpeg(equalize_jpeg(jpeg).file);
      CHECK(out.arithmetic);
      CHECK(out.progressive == progressive);
    }
  }

  TEST_CASE("restart intervals, and their area when chroma is dropped") {
    for (const bool progressive : {false, true}) {
      const auto jpeg = color_jpeg({.progressive = progressive, .restart_interval = 8, .markers = {}});
      CHECK(decode_jpeg(equalize_jpeg(jpeg).file).restart_interval == 8);
      CHECK(decode_jpeg(equalize_jpeg(jpeg, Channels::gray).file).restart_interval == 32);
    }
  }

  TEST_CASE("optimized Huffman tables if memory allows, else the standard ones") {
    const auto optimized = color_jpeg({.optimize = true, .markers = {}});
    REQUIRE(!decode_jpeg(optimized).standard_huffman);
    const auto out = equalize_jpeg(optimized).file;
    CHECK(!decode_jpeg(out).standard_huffman);
    EqualizeOptions options;
    options.memory_bytes = 130'000;  // enough for a block; a quarter of it is too little for the coefficients
    const auto plain = equalize_jpeg(optimized, options).file;
    CHECK(decode_jpeg(plain).standard_huffman);
    CHECK(out.size() < plain.size());
    CHECK(decode_jpeg(out).planes[0].samples == decode_jpeg(plain).planes[0].samples);
    CHECK(decode_jpeg(equalize_jpeg(color_jpeg()).file).standard_huffman);
  }

  TEST_CASE("the pixels of sequential files with one scan per component, written as one scan") {
    const auto apart = color_jpeg({.one_component_per_scan = true, .markers = {}});
    CHECK(equalize_jpeg(apart).file == equalize_jpeg(color_jpeg()).file);
  }

  TEST_CASE("sampling factors too large for one scan, in several scans") {
    for (const bool progressive : {false, true}) {
      const auto jpeg = encode_jpeg(color_scene(70, 50), {.color = JpegColor::ycbcr,
                                                          .factors = {{{4, 2}, {2, 2}, {1, 1}}},
                                                          .progressive = progressive,
                                                          .one_component_per_scan = true,
                                                          .markers = {}});
      const auto in = decode_jpeg(jpeg), out = decode_jpeg(equalize_jpeg(jpeg).file);
      CHECK(out.progressive == progressive);
      for (std::size_t i = 0; i < 3; ++i) CHECK(out.planes[i].factors == in.planes[i].factors);
    }
  }

  TEST_CASE("arbitrary component ids") {
    auto jpeg = color_jpeg({.jfif = true, .markers = {}});
    for (const std::string_view tag : {"\xFF\xC0"sv, "\xFF\xDA"sv}) {  // ids 1, 2, 3 become 0, 1, 2
      const std::size_t at = find(jpeg, tag);
      const bool frame = tag[1] == '\xC0';
      const std::size_t first = at + (frame ? 10 : 5), step = frame ? 3 : 2;
      for (std::size_t i = 0; i < 3; ++i) jpeg[first + i * step] = static_cast<std::byte>(i);
    }
    const auto out = decode_jpeg(equalize_jpeg(jpeg).file);
    for (std::size_t i = 0; i < 3; ++i) CHECK(out.planes[i].id == static_cast<int>(i));
  }

  TEST_CASE("16-bit quantization tables") {
    const auto jpeg = color_jpeg({.quality = 1, .wide_tables = true, .markers = {}});
    const auto in = decode_jpeg(jpeg), out = decode_jpeg(equalize_jpeg(jpeg).file);
    CHECK(in.planes[0].quant[63] > 255);
    for (std::size_t i = 0; i < 3; ++i) CHECK(out.planes[i].quant == in.planes[i].quant);
  }
}

TEST_SUITE("JPEG metadata for other formats") {
  TEST_CASE("EXIF, ICC, XMP, comments and density are extracted from their segments") {
    auto markers = all_kinds_of_markers();
    const auto jpeg = color_jpeg({.markers = markers});
    const auto source = borrow_memory("test.jpg", jpeg);
    const auto reader = open_image(*source, {.channels = Channels::luma, .interleaved = true, .limits = {}});
    REQUIRE(reader);
    const auto metadata = (*reader)->metadata();
    REQUIRE(metadata);
    CHECK(as_text(metadata->exif) == "MM\0*and so on, with a thumbnail in it"s);
    CHECK(metadata->icc.size() == 100'000);
    CHECK(metadata->xmp == "<x:xmpmeta/>");
    CHECK(metadata->comments == std::vector<std::string>{"first", std::string(65'533, 'c'), ""});
    CHECK(metadata->x_density == 0);  // aspect ratio only
  }
}
