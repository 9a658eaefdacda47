#include "png_run.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::png_chunk;
using testing::png_number;
using testing::PngChunk;
using testing::Scene;

namespace {

std::vector<std::byte> good_png() { return testing::encode_png(testing::landscape(40, 30, {.colors = 3})); }

PngChunk header(std::uint32_t width, std::uint32_t height, std::string_view rest) {
  return png_chunk("IHDR", png_number(4, width) + png_number(4, height) + std::string(rest));
}

std::vector<std::byte> with_header(const PngChunk& ihdr) {
  auto chunks = testing::png_chunks(good_png());
  chunks[0] = ihdr;
  return testing::png_of_chunks(chunks);
}

constexpr std::string_view kRgb8{"\10\2\0\0\0", 5};

std::vector<std::byte> without(Bytes png, std::string_view name) {
  auto chunks = testing::png_chunks(png);
  std::erase_if(chunks, [&](const auto& chunk) { return chunk.name == name; });
  return testing::png_of_chunks(chunks);
}

/// The file with one bit flipped.
std::vector<std::byte> flipped(std::vector<std::byte> png, std::size_t at) {
  png[at] ^= std::byte{0x10};
  return png;
}

bool says(const Error& error, std::string_view words) { return error.text().find(words) != std::string::npos; }

}  // namespace

TEST_SUITE("invalid PNG") {
  TEST_CASE("a file truncated anywhere is rejected, and nothing is read beyond its end") {
    const auto png = good_png();
    for (std::size_t size = 8; size < png.size(); ++size) {
      CAPTURE(size);
      const Error error = testing::png_failure(Bytes(png).first(size));
      CHECK(error.code == Errc::corrupt);
      CHECK(says(error, "ends early"));
    }
  }

  TEST_CASE("a flipped bit anywhere before the last checksum is detected") {
    const auto png = testing::encode_png(testing::landscape(12, 9, {}));
    for (std::size_t at = 8; at < png.size() - 4; ++at) {
      CAPTURE(at);
      MemorySink sink;
      const auto bytes = flipped(png, at);
      const auto damaged = borrow_memory("test.png", bytes);
      CHECK_FALSE(equalize(*damaged, sink, Format::png, {}));
    }
  }

  TEST_CASE("impossible headers are rejected before memory is allocated for them") {
    CHECK(testing::png_failure(with_header(header(0, 5, kRgb8))).code == Errc::corrupt);
    CHECK(testing::png_failure(with_header(header(0x80000000, 5, kRgb8))).code == Errc::corrupt);
    CHECK(testing::png_failure(with_header(header(0x7FFFFFFF, 0x7FFFFFFF, kRgb8))).code == Errc::too_large);
    CHECK(testing::png_failure(with_header(header(1'000'001, 5, kRgb8))).code == Errc::too_large);
    const Error impossible = testing::png_failure(with_header(header(1'000'000, 1'000'000, kRgb8)));
    CHECK(impossible.code == Errc::corrupt);
    CHECK(says(impossible, "cannot hold them"));
    CHECK(testing::png_failure(with_header(header(40, 30, {"\3\2\0\0\0", 5}))).code == Errc::corrupt);
    CHECK(testing::png_failure(with_header(header(40, 30, {"\10\1\0\0\0", 5}))).code == Errc::corrupt);
    CHECK(testing::png_failure(with_header(header(40, 30, {"\10\2\1\0\0", 5}))).code == Errc::unsupported);
    CHECK(testing::png_failure(with_header(header(40, 30, {"\10\2\0\0\2", 5}))).code == Errc::unsupported);
    CHECK(testing::png_failure(with_header(header(41, 30, kRgb8))).code == Errc::corrupt);
    CHECK(testing::png_failure(with_header(png_chunk("IHDR", "short"))).code == Errc::corrupt);
  }

  TEST_CASE("required chunks must occur once and in order") {
    const auto png = good_png();
    CHECK(says(testing::png_failure(without(png, "IDAT")), "no image data"));
    CHECK(says(testing::png_failure(without(png, "IEND")), "ends early"));
    CHECK(says(testing::png_failure(without(png, "IHDR")), "instead of IHDR"));
    CHECK(says(testing::png_failure(testing::with_chunk_before(png, "IDAT", testing::png_chunks(png)[0])), "two IHDR"));
    const auto split = testing::with_chunk_after(testing::with_chunk_after(png, "IDAT", png_chunk("tEXt", "a")), "tEXt",
                                                 png_chunk("IDAT", "more"));
    CHECK(says(testing::png_failure(split), "interrupted"));
    const auto unknown = testing::with_chunk_before(png, "IDAT", png_chunk("NEWx", ""));
    CHECK(testing::png_failure(unknown).code == Errc::unsupported);
    CHECK(says(testing::png_failure(unknown), "NEWx"));
    auto apple = testing::png_chunks(png);
    apple.insert(apple.begin(), png_chunk("CgBI", "abcd"));
    CHECK(says(testing::png_failure(testing::png_of_chunks(apple)), "CgBI"));
  }

  TEST_CASE("invalid palettes are rejected") {
    testing::PngShape shape;
    shape.palette = {1, 2, 3, 4, 5, 6};
    Scene scene = testing::landscape(20, 20, {});
    for (auto& v : scene.samples) v %= 2;
    const auto png = testing::encode_png(scene, shape);
    CHECK(says(testing::png_failure(without(png, "PLTE")), "palette is missing"));
    CHECK(
        says(testing::png_failure(testing::with_chunk_before(png, "PLTE", png_chunk("PLTE", "abc"))), "two palettes"));
    CHECK(
        says(testing::png_failure(testing::with_chunk_before(without(png, "PLTE"), "IDAT", png_chunk("PLTE", "abcd"))),
             "4 bytes"));
    CHECK(says(testing::png_failure(testing::with_chunk_after(without(png, "PLTE"), "IDAT", png_chunk("PLTE", "abc"))),
               "follows the image data"));
  }

  TEST_CASE("an index beyond the palette is accepted") {
    testing::PngShape shape;
    shape.palette = {1, 2, 3, 4, 5, 6};
    Scene scene = testing::landscape(20, 20, {});
    const auto png = testing::encode_png(scene, shape);
    CHECK(testing::equalize_png(png).file.size() > 0);
    CHECK(testing::equalize_png(png, Channels::gray).file.size() > 0);
  }

  TEST_CASE("only damaged or misplaced ancillary chunks themselves are dropped") {
    const Scene scene = testing::landscape(40, 30, {.colors = 3});
    auto png = testing::with_chunk_before(testing::encode_png(scene), "IDAT", png_chunk("gAMA", "1234"));
    png[8 + 25 + 8 + 2] ^= std::byte{1};
    const auto run = testing::equalize_png(png);
    CHECK(run.notes("damaged gAMA"));
    CHECK(testing::decode_png(run.file).scene == testing::oracle(scene, Channels::luma));

    for (const auto& trns : {png_chunk("tRNS", "12"), png_chunk("tRNS", "1234567")}) {
      const auto wrong = testing::with_chunk_before(testing::encode_png(scene), "IDAT", trns);
      CHECK(testing::equalize_png(wrong).notes("damaged tRNS"));
    }
    const auto late = testing::with_chunk_after(testing::encode_png(scene), "IDAT", png_chunk("tRNS", "123456"));
    CHECK(testing::equalize_png(late).notes("damaged tRNS"));
  }

  TEST_CASE("image data that zlib cannot read is reported as damaged") {
    auto chunks = testing::png_chunks(good_png());
    auto& data = std::ranges::find(chunks, "IDAT", &PngChunk::name)->data;
    std::fill(data.begin() + 2, data.end(), std::byte{0xFF});
    const Error error = testing::png_failure(testing::png_of_chunks(chunks));
    CHECK(error.code == Errc::corrupt);
    CHECK(says(error, "damaged image data"));
  }

  TEST_CASE("metadata beyond the limit is rejected") {
    EqualizeOptions options;
    options.limits.max_metadata_bytes = 1000;
    auto png = good_png();
    for (int i = 0; i < 30; ++i) png = testing::with_chunk_before(png, "IDAT", png_chunk("tEXt", ""));
    CHECK(testing::png_failure(png, options).code == Errc::too_large);
  }

  TEST_CASE("an interlaced image that does not fit into memory is rejected with the limit") {
    EqualizeOptions options;
    options.memory_bytes = std::uint64_t{1} << 20;
    const auto png = testing::encode_png(testing::landscape(500, 500, {.colors = 3}), testing::interlaced_shape(true));
    const Error error = testing::png_failure(png, options);
    CHECK(error.code == Errc::too_large);
    CHECK(says(error, "(--memory) is 1 MiB"));
  }
}
