#include <algorithm>
#include <random>
#include <string>

#include "jpeg_run.hpp"

using namespace ece465;
using namespace ece465::image;
using namespace ece465::testing;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

std::vector<std::byte> small_jpeg(JpegOptions options = {}) {
  options.color = JpegColor::ycbcr;
  options.factors = k420;
  return encode_jpeg(color_scene(40, 40), options);
}

std::size_t position_of(Bytes bytes, std::string_view text) {
  const auto at = as_text(bytes).find(text);
  REQUIRE(at != std::string_view::npos);
  return at;
}

/// Equalizes a file in all ways, ignoring the results.
void read_through(Bytes jpeg) {
  for (const Channels channels : {Channels::luma, Channels::gray, Channels::each}) {
    EqualizeOptions options;
    options.channels = channels;
    const auto source = borrow_memory("test.jpg", jpeg);
    MemorySink sink;
    static_cast<void>(equalize(*source, sink, Format::jpeg, options));
  }
}

/// The file with its frame header's type, precision, height or width changed.
std::vector<std::byte> with_frame(std::vector<std::byte> jpeg, std::size_t at, std::vector<int> values) {
  const std::size_t frame = position_of(jpeg, "\xFF\xC0"sv);
  for (const int value : values) jpeg[frame + at++] = static_cast<std::byte>(value);
  return jpeg;
}
constexpr std::size_t kType = 1, kBits = 4, kHeight = 5, kWidth = 7;

struct Rejection {
  const char* name;
  std::vector<std::byte> jpeg;
  Errc code;
  std::string_view message;
};

}  // namespace

TEST_SUITE("invalid JPEG input") {
  TEST_CASE("a file truncated at any position is rejected with the reason") {
    const std::array files{small_jpeg({.restart_interval = 2, .markers = {jpeg_marker(0xFE, "a comment")}}),
                           small_jpeg({.progressive = true, .markers = {}}),
                           small_jpeg({.arithmetic = true, .markers = {}}),
                           small_jpeg({.one_component_per_scan = true, .markers = {}})};
    for (const auto& jpeg : files) {
      for (std::size_t length = 3; length < jpeg.size(); ++length) {
        CAPTURE(length);
        const Error error = failure_of(Bytes(jpeg).first(length));
        CHECK(error.code == Errc::corrupt);
        CHECK(error.text().starts_with("test.jpg: "));
        CHECK(error.text().find("ends early") != std::string::npos);
      }
    }
  }

  TEST_CASE("unsupported features are named in the error") {
    const auto plain = small_jpeg();
    const auto cmyk = encode_jpeg(color_scene(16, 16), {.color = JpegColor::cmyk, .markers = {}});
    auto zero_step = plain;
    zero_step[position_of(zero_step, "\xFF\xDB"sv) + 8] = std::byte{0};
    auto headless = plain;
    headless.resize(position_of(headless, "\xFF\xC0"sv));
    headless.insert(headless.end(), {std::byte{0xFF}, std::byte{0xD9}});
    const std::array<Rejection, 14> rejections{{
        {"CMYK", cmyk, Errc::unsupported, "CMYK"},
        {"lossless", with_frame(plain, kType, {0xC3}), Errc::unsupported, "lossless"},
        {"hierarchical", with_frame(plain, kType, {0xC5}), Errc::unsupported, "hierarchical"},
        {"lossless, arithmetic", with_frame(plain, kType, {0xCB}), Errc::unsupported, "lossless"},
        {"JPEG-LS", with_frame(plain, kType, {0xF7}), Errc::unsupported, "JPEG-LS"},
        {"12 bits", with_frame(plain, kBits, {12}), Errc::unsupported, "12 bits"},
        {"no height", with_frame(plain, kHeight, {0, 0}), Errc::unsupported, "height"},
        {"no width", with_frame(plain, kWidth, {0, 0}), Errc::corrupt, "0 pixels wide"},
        {"too wide", with_frame(plain, kWidth, {0xFF, 0xFF}), Errc::too_large, "65535"},
        {"a step of 0", zero_step, Errc::corrupt, "step of 0"},
        {"tables only", headless, Errc::corrupt, "no image"},
        {"a signature", {plain.begin(), plain.begin() + 3}, Errc::corrupt, "ends early"},
        {"sampling of 5", with_frame(plain, 11, {0x51}), Errc::corrupt, "sampling"},
        {"a short segment", with_frame(plain, 2, {0, 1}), Errc::corrupt, "length of 1"},
    }};
    for (const auto& rejection : rejections) {
      CAPTURE(rejection.name);
      const Error error = failure_of(rejection.jpeg);
      CAPTURE(error.text());
      CHECK(error.code == rejection.code);
      CHECK(error.text().find(rejection.message) != std::string::npos);
    }
  }

  TEST_CASE("two components of unknown meaning are rejected") {
    auto gray = encode_jpeg(gray_scene(16, 16), {.markers = {}});
    // Add a component to the frame and to the scan.
    const std::size_t frame = position_of(gray, "\xFF\xC0"sv);
    gray[frame + 3] = std::byte{14};
    gray[frame + 9] = std::byte{2};
    gray.insert(gray.begin() + static_cast<std::ptrdiff_t>(frame) + 13, {std::byte{2}, std::byte{0x11}, std::byte{0}});
    const std::size_t scan = position_of(gray, "\xFF\xDA"sv);
    gray[scan + 3] = std::byte{10};
    gray[scan + 4] = std::byte{2};
    gray.insert(gray.begin() + static_cast<std::ptrdiff_t>(scan) + 7, {std::byte{2}, std::byte{0}});
    const Error error = failure_of(gray);
    CHECK(error.code == Errc::unsupported);
    CHECK(error.text().find("2 components") != std::string::npos);
  }

  TEST_CASE("a header of 65,500 x 65,500 pixels allocates nothing") {
    const auto small = small_jpeg();
    auto bomb = with_frame(small, kHeight, {0xFF, 0xDC, 0xFF, 0xDC});
    bomb.resize(position_of(bomb, "\xFF\xDA"sv) + 40);
    CHECK(failure_of(bomb).code == Errc::corrupt);  // it ends early

    bomb[position_of(bomb, "\xFF\xC0"sv) + 1] = std::byte{0xC2};  // progressive: needs all coefficients in memory
    const Error error = failure_of(bomb);
    CHECK(error.code == Errc::too_large);
    CHECK(error.text().find("--memory") != std::string::npos);
  }

  TEST_CASE("a thousand scans are rejected") {
    auto jpeg = small_jpeg({.one_component_per_scan = true, .markers = {}});
    jpeg.resize(jpeg.size() - 2);  // the end-of-image marker
    // The last component again and again: valid, but each scan costs a pass.
    const std::size_t last = as_text(jpeg).rfind("\xFF\xDA"sv);
    const std::vector<std::byte> scan(jpeg.begin() + static_cast<std::ptrdiff_t>(last), jpeg.end());
    const auto with_scans = [&](int count) {
      auto file = jpeg;
      for (int i = 3; i < count; ++i) file.insert(file.end(), scan.begin(), scan.end());
      file.insert(file.end(), {std::byte{0xFF}, std::byte{0xD9}});
      return file;
    };
    const Error error = failure_of(with_scans(1000));
    CHECK(error.code == Errc::too_large);
    CHECK(error.text() == "test.jpg: more than 100 scans");
    CHECK(equalize_jpeg(with_scans(100)).file == equalize_jpeg(with_scans(3)).file);
  }

  TEST_CASE("a file in several scans that lacks one is rejected") {
    auto jpeg = small_jpeg({.one_component_per_scan = true, .markers = {}});
    jpeg.resize(as_text(jpeg).rfind("\xFF\xDA"sv));
    jpeg.insert(jpeg.end(), {std::byte{0xFF}, std::byte{0xD9}});
    const Error error = failure_of(jpeg);
    CHECK(error.code == Errc::corrupt);
    CHECK(error.text().find("component 3 of 3") != std::string::npos);
  }

  TEST_CASE("more metadata than the limits allow is rejected") {
    EqualizeOptions options;
    options.limits.max_metadata_bytes = 100'000;
    const auto jpeg = small_jpeg({.markers = {jpeg_marker(0xFE, std::string(60'000, 'a')),  //
                                              jpeg_marker(0xFE, std::string(60'000, 'b'))}});
    const Error error = failure_of(jpeg, options);
    CHECK(error.code == Errc::too_large);
    CHECK(error.text().find("metadata") != std::string::npos);
  }

  TEST_CASE("damage that libjpeg detects in the image data is an error") {
    auto jpeg = small_jpeg({.restart_interval = 2, .markers = {}});
    const std::size_t second_restart = position_of(jpeg, "\xFF\xD1"sv);
    jpeg[second_restart + 1] = std::byte{0xD5};
    CHECK(failure_of(jpeg).code == Errc::corrupt);
  }

  TEST_CASE("surplus bytes before the end only cause a note") {
    auto jpeg = small_jpeg();
    jpeg.insert(jpeg.end() - 2, 20, std::byte{0});
    const auto run = equalize_jpeg(jpeg);
    REQUIRE(run.report.notes.size() == 1);
    CHECK(run.report.notes[0].find("stray bytes") != std::string::npos);
    CHECK(run.file == equalize_jpeg(small_jpeg()).file);
  }

  TEST_CASE("garbage and files with changed bytes do not crash") {
    std::mt19937 random(465);
    const std::array files{small_jpeg({.restart_interval = 2, .markers = {jpeg_marker(0xE1, "Exif\0\0"s)}}),
                           small_jpeg({.progressive = true, .markers = {}}),
                           small_jpeg({.arithmetic = true, .markers = {}})};
    for (const auto& good : files) {
      for (int round = 0; round < 150; ++round) {
        auto jpeg = good;
        for (int i = 0; i < 3; ++i) jpeg[3 + random() % (jpeg.size() - 3)] = static_cast<std::byte>(random());
        read_through(jpeg);
      }
    }
    for (int round = 0; round < 50; ++round) {
      std::vector<std::byte> noise(2000);
      std::ranges::generate(noise, [&] { return static_cast<std::byte>(random()); });
      std::ranges::copy(as_bytes("\xFF\xD8\xFF"sv), noise.begin());
      read_through(noise);
    }
  }

  TEST_CASE("an error of the sink is reported as it is") {
    class FullDisk final : public ByteSink {
     public:
      Result<void> write_at(std::uint64_t, Bytes) override { return fail_on("out.jpg", Errc::io, "no space left"); }
    };
    const auto jpeg = small_jpeg();
    const auto source = borrow_memory("test.jpg", jpeg);
    FullDisk sink;
    const auto report = equalize(*source, sink, Format::jpeg, {});
    REQUIRE(!report);
    CHECK(report.error().code == Errc::io);
    CHECK(report.error().text() == "out.jpg: no space left");
  }
}
