#include <atomic>
#include <memory>

#include "png_run.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::png_chunk;
using testing::png_number;
using testing::PngChunk;
using testing::Scene;

namespace {

using Names = std::vector<std::string>;

/// `base` with chunks added before and after its image data.
std::vector<std::byte> with_chunks(Bytes base, const std::vector<PngChunk>& before,
                                   const std::vector<PngChunk>& after) {
  std::vector<std::byte> png(base.begin(), base.end());
  for (const auto& chunk : before) png = testing::with_chunk_before(png, "IDAT", chunk);
  for (const auto& chunk : after) png = testing::with_chunk_before(png, "IEND", chunk);
  return png;
}

PngChunk profile() {
  return png_chunk("iCCP", std::string("test\0\0", 6) + testing::zlib_packed("a profile, as far as PNG is concerned"));
}

std::vector<PngChunk> without_image(Bytes png) {
  auto chunks = testing::png_chunks(png);
  std::erase_if(chunks, [](const auto& chunk) { return chunk.name == "IDAT"; });
  return chunks;
}

/// Counts reads, each of which would be a system call.
class CountedSource final : public ByteSource {
 public:
  explicit CountedSource(Bytes bytes) : memory_(borrow_memory("test.png", bytes)) {}
  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override {
    ++reads_;
    return memory_->read_at(offset, out);
  }
  std::uint64_t size() const override { return memory_->size(); }
  const std::string& name() const override { return memory_->name(); }
  [[nodiscard]] std::uint64_t reads() const { return reads_; }

 private:
  std::unique_ptr<ByteSource> memory_;
  mutable std::atomic<std::uint64_t> reads_ = 0;
};

}  // namespace

TEST_SUITE("PNG chunks") {
  TEST_CASE("chunks that stay correct are kept byte for byte, in their places") {
    const Scene scene = testing::landscape(40, 30, {.colors = 3});
    const std::vector<PngChunk> before{
        png_chunk("gAMA", png_number(4, 45455)),
        png_chunk("cHRM", std::string(32, '\1')),
        profile(),
        png_chunk("sBIT", "\5\6\5"),
        png_chunk("bKGD", png_number(2, 1) + png_number(2, 2) + png_number(2, 3)),
        png_chunk("pHYs", png_number(4, 11811) + png_number(4, 11811) + "\1"),
        png_chunk("sPLT", std::string("few\0\10\1\2\3\4\0\1", 11)),
        png_chunk("eXIf", std::string("II*\0\10\0\0\0\0\0\0\0\0\0", 14)),
        png_chunk("oFFs", png_number(4, 1) + png_number(4, 2) + std::string(1, '\0')),
        png_chunk("sCAL", std::string("\1"
                                      "0.5\0"
                                      "0.5",
                                      8)),
        png_chunk("cICP", std::string("\1\15\0\1", 4)),
        png_chunk("mDCV", std::string(24, '\7')),
        png_chunk("cLLI", std::string(8, '\7')),
        png_chunk("tEXt", std::string("Title\0Hills", 11)),
        png_chunk("teSt", "private, and safe to copy"),
    };
    const std::vector<PngChunk> after{
        png_chunk("zTXt", std::string("Comment\0\0", 9) + testing::zlib_packed("fog")),
        png_chunk("iTXt", std::string("Author\0\0\0en\0Author\0me", 21)),
        png_chunk("tIME", std::string("\7\xE8\1\2\3\4\5", 7)),
        png_chunk("tEXt", std::string("Late\0text", 9)),
    };
    const auto png = with_chunks(testing::encode_png(scene), before, after);
    for (const bool interlaced : {false, true}) {
      const auto input =
          interlaced ? with_chunks(testing::encode_png(scene, testing::interlaced_shape(true)), before, after) : png;
      const auto run = testing::equalize_png(input);
      CHECK(testing::png_names(run.file) == testing::png_names(input));
      CHECK(without_image(run.file) == without_image(input));
      CHECK(run.report.notes.empty());
    }
  }

  TEST_CASE("thousands of tiny chunks take few reads") {
    const auto plain = testing::encode_png(testing::landscape(20, 20, {}));
    auto chunks = testing::png_chunks(plain);
    chunks.insert(chunks.begin() + 1, 10'000, png_chunk("tEXt", "a"));
    const auto png = testing::png_of_chunks(chunks);
    const CountedSource source(png), few(plain);
    MemorySink sink, plain_sink;
    REQUIRE(image::equalize(source, sink, image::Format::png, {}));
    REQUIRE(image::equalize(few, plain_sink, image::Format::png, {}));
    CHECK(sink.bytes().size() == plain_sink.bytes().size() + png.size() - plain.size());
    CHECK(source.reads() < few.reads() + 10'000 / 50);
  }

  TEST_CASE("invalid chunk data is copied unread, if the checksum is correct") {
    const auto png = with_chunks(testing::encode_png(testing::landscape(20, 20, {})),
                                 {png_chunk("iCCP", "no profile"), png_chunk("gAMA", "x"), png_chunk("eXIf", "")}, {});
    CHECK(without_image(testing::equalize_png(png).file) == without_image(png));
  }

  TEST_CASE("chunks that do not apply to changed levels are dropped, with a note") {
    const auto png = with_chunks(testing::encode_png(testing::landscape(20, 20, {})),
                                 {png_chunk("pCAL", std::string("mm\0", 3) + std::string(14, '\1')),
                                  png_chunk("teST", "private, unsafe to copy"), png_chunk("dSIG", "signed")},
                                 {});
    const auto run = testing::equalize_png(png);
    CHECK(testing::png_names(run.file) == Names{"IHDR", "IDAT", "IEND"});
    CHECK(run.notes("pCAL, teST, dSIG"));
  }

  TEST_CASE("of an animation only the still image is equalized") {
    const auto png =
        with_chunks(testing::encode_png(testing::landscape(20, 20, {})),
                    {png_chunk("acTL", png_number(4, 2) + png_number(4, 0)), png_chunk("fcTL", std::string(26, '\0'))},
                    {png_chunk("fcTL", std::string(26, '\0')), png_chunk("fdAT", "more pixels")});
    const auto run = testing::equalize_png(png);
    CHECK(testing::png_names(run.file) == Names{"IHDR", "IDAT", "IEND"});
    CHECK(run.notes("animation"));
  }

  TEST_CASE("a colour image converted to gray keeps chunks that gray images can have") {
    const Scene scene = testing::landscape(20, 20, {.colors = 3});
    const auto png = with_chunks(testing::encode_png(scene),
                                 {png_chunk("gAMA", png_number(4, 45455)), profile(), png_chunk("sBIT", "\5\6\5"),
                                  png_chunk("bKGD", png_number(2, 200) + png_number(2, 200) + png_number(2, 200)),
                                  png_chunk("PLTE", "abcdef"), png_chunk("hIST", png_number(4, 7))},
                                 {});
    const auto run = testing::equalize_png(png, Channels::gray);
    CHECK(testing::png_names(run.file) == Names{"IHDR", "gAMA", "sBIT", "bKGD", "IDAT", "IEND"});
    CHECK(testing::png_find(run.file, "sBIT") == png_chunk("sBIT", "\6"));
    CHECK(testing::png_find(run.file, "bKGD") == png_chunk("bKGD", png_number(2, 200)));
    CHECK(run.notes("colour profile was dropped"));
    CHECK(testing::decode_png(run.file).scene == testing::oracle(scene, Channels::gray));
  }

  TEST_CASE("chunks that depend on the kind of image are rewritten") {
    const Scene scene = testing::landscape(20, 20, {});
    const auto key = with_chunks(testing::encode_png(scene),
                                 {png_chunk("sBIT", "\6"), png_chunk("tRNS", png_number(2, scene.samples[0]))}, {});
    CHECK(testing::png_find(testing::equalize_png(key).file, "sBIT") == png_chunk("sBIT", "\6\10"));

    Scene four = scene;
    for (auto& v : four.samples) v = static_cast<std::uint16_t>(v % 4);
    const auto shallow =
        with_chunks(testing::encode_png(four, testing::shallow(2)), {png_chunk("bKGD", png_number(2, 2))}, {});
    CHECK(testing::png_find(testing::equalize_png(shallow).file, "bKGD") == png_chunk("bKGD", png_number(2, 170)));
  }

  TEST_CASE("a palette's histogram is kept") {
    testing::PngShape shape;
    shape.palette = {10, 20, 30, 40, 50, 60};
    Scene scene = testing::landscape(20, 20, {});
    for (auto& v : scene.samples) v %= 2;
    const auto png = with_chunks(testing::encode_png(scene, shape), {png_chunk("hIST", png_number(4, 0x00010002))}, {});
    CHECK(testing::png_names(testing::equalize_png(png).file) == Names{"IHDR", "PLTE", "hIST", "IDAT", "IEND"});
  }

  TEST_CASE("many small IDATs are one image, and data after IEND is ignored") {
    const Scene scene = testing::landscape(64, 64, {});
    auto chunks = testing::png_chunks(testing::encode_png(scene));
    const auto image = std::ranges::find(chunks, "IDAT", &PngChunk::name);
    std::vector<PngChunk> pieces;
    for (std::size_t at = 0; at < image->data.size(); at += 3) {
      const auto part = std::span(image->data).subspan(at, std::min<std::size_t>(3, image->data.size() - at));
      pieces.push_back({"IDAT", {part.begin(), part.end()}});
      pieces.push_back({"IDAT", {}});
    }
    const auto place = chunks.erase(image);
    chunks.insert(place, pieces.begin(), pieces.end());
    auto png = testing::png_of_chunks(chunks);
    png.insert(png.end(), 1000, std::byte{0x55});
    CHECK(testing::decode_png(testing::equalize_png(png).file).scene == testing::oracle(scene, Channels::luma));
  }
}
