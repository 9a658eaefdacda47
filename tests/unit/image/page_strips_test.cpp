#include "ece465/image/page_strips.hpp"

#include <tiff.h>

#include <mutex>
#include <numeric>

#include "ece465/base/parallel.hpp"
#include "jpeg_file.hpp"
#include "png_file.hpp"
#include "strips_run.hpp"
#include "tiff_builder.hpp"
#include "tiff_file.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::by_equalize;
using testing::by_strips;
using testing::landscape;
using testing::Scene;
using testing::StripsRun;
using testing::StripsWay;

namespace {

struct Input {
  std::string name;
  Format format;
  std::vector<std::byte> bytes;
};

std::vector<Input> jpegs() {
  std::vector<Input> all;
  const auto add = [&](std::string name, const Scene& scene, const testing::JpegOptions& options) {
    all.push_back({std::move(name), Format::jpeg, testing::encode_jpeg(scene, options)});
  };
  using testing::JpegColor;
  add("gray JPEG", landscape(203, 150, {}), {});
  add("gray JPEG of whole MCUs", landscape(208, 160, {}), {});
  const Scene color = landscape(203, 150, {.colors = 3});
  testing::JpegOptions full;
  full.color = JpegColor::ycbcr;
  add("JPEG 4:4:4", color, full);
  testing::JpegOptions halved = full;
  halved.factors = {{{2, 2}, {1, 1}, {1, 1}}};
  add("JPEG 4:2:0", color, halved);
  testing::JpegOptions odd = full;
  odd.factors = {{{1, 1}, {2, 2}, {1, 1}}};
  add("JPEG with less luma than chroma", color, odd);
  testing::JpegOptions progressive = halved;
  progressive.progressive = true;
  add("progressive JPEG", color, progressive);
  testing::JpegOptions rgb;
  rgb.color = JpegColor::rgb;
  add("RGB JPEG", color, rgb);
  return all;
}

PixelLayout with_alpha(std::uint8_t bits, std::uint8_t colors, Alpha alpha) {
  return {.bits = bits, .colors = colors, .extras = 1, .alpha = alpha};
}

Scene indices(std::uint32_t width, std::uint32_t height) {
  Scene scene = landscape(width, height, {});
  for (auto& v : scene.samples) v %= 64;
  return scene;
}

std::vector<Input> tiffs() {
  std::vector<Input> all;
  const auto add = [&](std::string name, const std::vector<Scene>& pages, const testing::TiffShape& shape = {}) {
    all.push_back({std::move(name), Format::tiff, testing::encode_tiff(pages, shape)});
  };
  const Scene gray = landscape(101, 80, {}), color = landscape(101, 80, {.colors = 3});
  const Scene deep = landscape(101, 80, {.bits = 16}), deep_color = landscape(101, 80, {.bits = 16, .colors = 3});
  add("gray TIFF", {gray});
  add("16-bit TIFF", {deep}, {.big_endian = true});
  add("RGB TIFF", {color});
  add("16-bit RGB TIFF", {deep_color});
  add("inverted TIFF", {landscape(101, 80, {.inverted = true})});
  for (const Alpha alpha : {Alpha::associated, Alpha::unassociated}) {
    const std::string kind = alpha == Alpha::associated ? " associated" : " unassociated";
    add("gray TIFF with alpha" + kind, {landscape(101, 80, with_alpha(8, 1, alpha))});
    add("RGB TIFF with alpha" + kind, {landscape(101, 80, with_alpha(8, 3, alpha))});
    add("16-bit RGB TIFF with alpha" + kind, {landscape(101, 80, with_alpha(16, 3, alpha))});
  }
  add("RGB TIFF with two extras", {landscape(50, 40, {.colors = 3, .extras = 2, .alpha = Alpha::unassociated})});
  add("planar TIFF", {deep_color}, {.planar = true});
  add("planar deflated TIFF", {color}, {.compression = COMPRESSION_ADOBE_DEFLATE, .planar = true});
  add("deflated TIFF", {deep}, {.compression = COMPRESSION_ADOBE_DEFLATE, .predictor = 2});
  add("LZW TIFF", {color}, {.compression = COMPRESSION_LZW, .predictor = 2});
  add("tiled TIFF", {landscape(150, 110, {})}, {.tile_width = 32, .tile_height = 48});
  add("tiled 16-bit RGB TIFF", {landscape(700, 70, {.bits = 16, .colors = 3})}, {.tile_width = 128, .tile_height = 64});
  add("tiled deflated TIFF", {landscape(700, 200, {})},
      {.compression = COMPRESSION_ADOBE_DEFLATE, .tile_width = 256, .tile_height = 64});
  add("TIFF of three pages", {gray, landscape(40, 30, {.colors = 3}), deep});
  testing::TiffShape palette;
  for (unsigned i = 0; i < 256; ++i) {
    palette.red.push_back(static_cast<std::uint16_t>(9000 + i * 71 % 300 * 100));
    palette.green.push_back(static_cast<std::uint16_t>(9000 + i * 113 % 300 * 100));
    palette.blue.push_back(static_cast<std::uint16_t>(9000 + i * 37 % 300 * 100));
  }
  add("palette TIFF", {indices(101, 80)}, palette);
  add("JPEG in TIFF", {landscape(96, 80, {.colors = 3})},
      {.compression = COMPRESSION_JPEG, .rows_per_strip = 16, .h_sampling = 2, .v_sampling = 2});
  return all;
}

std::vector<Input> pngs() {
  std::vector<Input> all;
  const auto add = [&](std::string name, const Scene& scene, const testing::PngShape& shape = {}) {
    all.push_back({std::move(name), Format::png, testing::encode_png(scene, shape)});
  };
  for (const bool interlaced : {false, true}) {
    testing::PngShape shape;
    shape.interlaced = interlaced;
    const std::string kind = interlaced ? "interlaced " : "";
    add(kind + "gray PNG", landscape(300, 200, {}), shape);
    add(kind + "16-bit PNG", landscape(300, 200, {.bits = 16}), shape);
    add(kind + "RGB PNG", landscape(300, 200, {.colors = 3}), shape);
    add(kind + "gray PNG with alpha", landscape(300, 200, with_alpha(8, 1, Alpha::unassociated)), shape);
    add(kind + "16-bit RGB PNG with alpha", landscape(300, 200, with_alpha(16, 3, Alpha::unassociated)), shape);
    for (unsigned i = 0; i < 64; ++i) {
      for (const unsigned k : {71U, 113U, 37U}) shape.palette.push_back(static_cast<std::uint8_t>(90 + i * k % 80));
    }
    add(kind + "palette PNG", indices(300, 200), shape);
  }
  testing::PngShape bits;
  bits.bit_depth = 2;
  Scene shallow = landscape(100, 90, {});
  for (auto& v : shallow.samples) v %= 4;
  add("2-bit PNG", shallow, bits);
  return all;
}

void check_same(const Input& input, Format output, StripsWay way) {
  CAPTURE(input.name);
  CAPTURE(format_name(output));
  for (const Channels channels : {Channels::luma, Channels::gray, Channels::each}) {
    CAPTURE(static_cast<int>(channels));
    way.options.channels = channels;
    CHECK(by_strips(input.bytes, output, way).file == by_equalize(input.bytes, output, way));
  }
}

StripsWay way_of(std::uint64_t strip_bytes) {
  StripsWay way;
  way.options.strip_bytes = strip_bytes;
  return way;
}

/// One page, open to be taken apart.
struct Opened {
  Opened(const Input& input, const PageStripsOptions& options, Format output)
      : source(borrow_memory(input.name, input.bytes)) {
    auto opened = open_image(*source, strips_read_options(input.format, output, options));
    ECE465_REQUIRE_OK(opened);
    reader = *std::move(opened);
    auto created = create_image(output, *reader, sink, {});
    ECE465_REQUIRE_OK(created);
    writer = *std::move(created);
    auto strips = PageStrips::open(*reader, 0, output, options);
    ECE465_REQUIRE_OK(strips);
    page = *std::move(strips);
  }
  Opened(const Input& input, const PageStripsOptions& options) : Opened(input, options, input.format) {}

  void count_all() {
    for (std::size_t i = 0; i < page->strips().size(); ++i) {
      const auto& strip = page->strips()[i];
      std::vector<std::uint64_t> counts(std::size_t{1} << page->bits());
      ECE465_REQUIRE_OK(page->load(strip.group));
      ECE465_REQUIRE_OK(page->count_locally(i, counts));
      page->add_counts(strip.plane, counts);
      page->release(strip.group);
    }
    ECE465_REQUIRE_OK(page->settle());
  }

  std::unique_ptr<ByteSource> source;
  MemorySink sink;
  std::unique_ptr<ImageReader> reader;
  std::unique_ptr<ImageWriter> writer;
  std::unique_ptr<PageStrips> page;
};

/// An uncompressed gray TIFF of `rows` rows of a kilobyte.
Input plain_tiff(std::uint32_t rows, std::uint8_t bits = 8) {
  return {"plain TIFF", Format::tiff, testing::encode_tiff(landscape(8192U / bits, rows, {.bits = bits}))};
}

/// A PNG of several times the memory that its encoder needs.
Input tall_png() { return {"tall PNG", Format::png, testing::encode_png(landscape(500, 6000, {}))}; }

/// The least memory that `input` can be done with, in strips of one block.
std::uint64_t least_memory(const Input& input) {
  const auto source = borrow_memory(input.name, input.bytes);
  const auto reader = open_image(*source, {});
  ECE465_REQUIRE_OK(reader);
  const PageInfo& page = (*reader)->pages()[0];
  constexpr std::uint64_t kListOfStrips = std::uint64_t{64} << 10;
  return page.decoder_bytes + page.encoder_bytes + page.thread_bytes + 4 * page.block_bytes + kListOfStrips;
}

bool is_error(const Result<void>& result, Errc code) { return !result && result.error().code == code; }

}  // namespace

TEST_SUITE("page strips") {
  TEST_CASE("JPEG: strips counted and mapped elsewhere give what equalize gives") {
    for (const Input& input : jpegs()) check_same(input, Format::jpeg, way_of(8000));
  }

  TEST_CASE("TIFF: strips counted and mapped elsewhere give what equalize gives") {
    for (const Input& input : tiffs()) check_same(input, Format::tiff, way_of(3000));
  }

  TEST_CASE("PNG: strips counted and mapped elsewhere give what equalize gives") {
    for (const Input& input : pngs()) check_same(input, Format::png, way_of(30'000));
  }

  TEST_CASE("another format: strips counted and mapped elsewhere give what equalize gives") {
    StripsWay way = way_of(4000);
    way.quality = 90;
    for (const auto& inputs : {jpegs(), tiffs(), pngs()}) {
      for (const Input& input : inputs) {
        for (const Format output : {Format::jpeg, Format::tiff, Format::png}) {
          if (output == input.format || input.name == "TIFF of three pages") continue;
          check_same(input, output, way);
        }
      }
    }
  }

  TEST_CASE("it does not matter who does a strip, or who has kept its samples") {
    for (const auto& inputs : {jpegs(), tiffs(), pngs()}) {
      for (const Input& input : inputs) {
        StripsWay way = way_of(5000);
        way.seed = 2;
        way.local = 1;
        check_same(input, input.format, way);
        way.local = 2;
        way.workers_keep = true;
        check_same(input, input.format, way);
        way.local = 0;
        check_same(input, input.format, way);
      }
    }
  }

  TEST_CASE("it does not matter how large strips are") {
    for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 40}) {
      const auto all = tiffs();
      for (const std::size_t i : {0U, 4U, 16U, 17U}) check_same(all[i], Format::tiff, way_of(bytes));
      check_same(jpegs()[3], Format::jpeg, way_of(bytes));
      check_same(pngs()[2], Format::png, way_of(bytes));
    }
  }

  TEST_CASE("strips cover the page once, in rectangles of about the size asked for") {
    for (const auto& inputs : {jpegs(), tiffs(), pngs()}) {
      for (const Input& input : inputs) {
        CAPTURE(input.name);
        PageStripsOptions options;
        options.channels = Channels::each;
        options.strip_bytes = 4000;
        const Opened opened(input, options);
        const PageInfo& info = opened.reader->pages()[0];
        std::vector<std::uint8_t> seen(opened.page->planes() * info.width * info.height);
        for (std::size_t i = 0; i < opened.page->strips().size(); ++i) {
          const auto& strip = opened.page->strips()[i];
          CHECK(strip.plane == i % opened.page->planes());
          CHECK(strip.group == i / opened.page->planes());
          CHECK(strip.samples == std::uint64_t{strip.rows} * strip.columns);
          CHECK(strip.bytes == strip.samples * opened.page->bits() / 8);
          REQUIRE(strip.first_row + strip.rows <= info.height);
          REQUIRE(strip.first_column + strip.columns <= info.width);
          for (std::size_t y = strip.first_row; y < strip.first_row + strip.rows; ++y) {
            for (std::size_t x = strip.first_column; x < strip.first_column + strip.columns; ++x) {
              ++seen[(strip.plane * info.height + y) * info.width + x];
            }
          }
        }
        CHECK(std::ranges::all_of(seen, [](std::uint8_t times) { return times == 1; }));
      }
    }
  }

  TEST_CASE("plain gray samples are sent from where they were read, and come back without a copy") {
    for (const std::uint8_t bits : {std::uint8_t{8}, std::uint8_t{16}}) {
      const Input input = plain_tiff(300, bits);
      StripsWay way = way_of(std::uint64_t{64} << 10);
      const StripsRun run = by_strips(input.bytes, Format::tiff, way);
      CHECK(run.strips == 5);
      CHECK(run.views == run.strips);
      CHECK(run.residence == PageStrips::Residence::on_demand);
      CHECK(run.order == PageStrips::WriteOrder::any);

      Opened opened(input, way.options);
      opened.count_all();
      ECE465_REQUIRE_OK(opened.page->load(0));
      Buffer scratch;
      const auto samples = opened.page->gather(0, scratch);
      ECE465_REQUIRE_OK(samples);
      Buffer mapped(samples->size());
      std::ranges::copy(*samples, mapped.data());
      REQUIRE(map_samples(mapped.span(), bits, opened.page->wire_table(0)));
      const std::byte* const before = mapped.data();
      ECE465_REQUIRE_OK(opened.page->scatter_taking(0, mapped));
      CHECK(mapped.data() != before);
    }
    // Luma planes of JPEG are stored in rows of whole MCUs.
    CHECK(by_strips(jpegs()[1].bytes, Format::jpeg, way_of(8000)).views > 0);
  }

  TEST_CASE("where pages are between the halves depends on what reading costs, and on the budget") {
    using Residence = PageStrips::Residence;
    const auto residence = [](const Input& input, std::uint64_t memory_bytes) {
      StripsWay way = way_of(4000);
      way.options.memory_bytes = memory_bytes;
      const StripsRun run = by_strips(input.bytes, input.format, way);
      CHECK(run.file == by_equalize(input.bytes, input.format, way));
      return run.residence;
    };
    constexpr std::uint64_t kPlenty = std::uint64_t{256} << 20;
    CHECK(residence(plain_tiff(300), kPlenty) == Residence::on_demand);
    CHECK(residence(tall_png(), kPlenty) == Residence::kept);
    CHECK(residence(tall_png(), least_memory(tall_png())) == Residence::streamed);
    const Input deflated{"deflated TIFF", Format::tiff,
                         testing::encode_tiff(landscape(500, 6000, {}), {.compression = COMPRESSION_ADOBE_DEFLATE})};
    CHECK(residence(deflated, kPlenty) == Residence::kept);
    CHECK(residence(deflated, least_memory(deflated)) == Residence::on_demand);
  }

  TEST_CASE("too little memory is refused, and so are too many strips") {
    const Input input = plain_tiff(300);
    const auto source = borrow_memory(input.name, input.bytes);
    PageStripsOptions options;
    options.strip_bytes = 1;
    const auto reader = open_image(*source, strips_read_options(Format::tiff, Format::tiff, options));
    ECE465_REQUIRE_OK(reader);
    options.memory_bytes = 100;
    const auto poor = PageStrips::open(**reader, 0, Format::tiff, options);
    REQUIRE(!poor);
    CHECK(poor.error().code == Errc::too_large);
    options.memory_bytes = Limits{}.default_memory_bytes;
    options.limits.max_blocks = 1;
    const auto many = PageStrips::open(**reader, 0, Format::tiff, options);
    REQUIRE(!many);
    CHECK(many.error().code == Errc::too_large);
  }

  TEST_CASE("a header that promises more strips than there are is refused before they are listed") {
    testing::TiffBuilder file;
    auto tags = file.gray_tags(1'000'000, 1'000'000, file.add(std::string(100, 'a')));
    const auto bytes = file.finish(file.add_directory(tags));
    const auto source = borrow_memory("bomb", bytes);
    const PageStripsOptions options;
    const auto reader = open_image(*source, strips_read_options(Format::tiff, Format::tiff, options));
    ECE465_REQUIRE_OK(reader);
    const auto page = PageStrips::open(**reader, 0, Format::tiff, options);
    REQUIRE(!page);
    CHECK(page.error().code == Errc::corrupt);
  }

  TEST_CASE("a page that is mapped remotely is every one but those of palettes") {
    CHECK(by_strips(jpegs()[0].bytes, Format::jpeg, {}).maps_remotely);
    for (const auto& inputs : {tiffs(), pngs()}) {
      for (const Input& input : inputs) {
        const bool palette = input.name.find("palette") != std::string::npos;
        CHECK(by_strips(input.bytes, input.format, {}).maps_remotely == !palette);
      }
    }
  }

  TEST_CASE("counts that cannot be the strip's are refused") {
    const Input input = plain_tiff(64);
    const Opened opened(input, {});
    PageStrips& page = *opened.page;
    ECE465_REQUIRE_OK(page.load(0));
    std::vector<std::uint64_t> counts(256);
    ECE465_REQUIRE_OK(page.count_locally(0, counts));
    ECE465_REQUIRE_OK(page.check_counts(0, counts));

    CHECK(is_error(page.check_counts(0, std::span(counts).first(255)), Errc::corrupt));
    CHECK(is_error(page.check_counts(0, std::vector<std::uint64_t>(65536)), Errc::corrupt));
    CHECK(is_error(page.check_counts(0, std::vector<std::uint64_t>(256)), Errc::corrupt));
    auto more = counts;
    ++more[100];
    CHECK(is_error(page.check_counts(0, more), Errc::corrupt));
    auto wrapped = counts;  // the sum is right, modulo 2^64
    wrapped[0] -= 5;
    wrapped[1] += 5;
    if (counts[0] < 5) CHECK(is_error(page.check_counts(0, wrapped), Errc::corrupt));
    auto shifted = counts;  // the sum is right
    std::ranges::rotate(shifted, shifted.begin() + 128);
    CHECK(is_error(page.check_counts(0, shifted), Errc::corrupt));
    std::vector<std::uint64_t> flat(256);
    flat[0] = page.strips()[0].samples;
    CHECK(is_error(page.check_counts(0, flat), Errc::corrupt));
  }

  TEST_CASE("mapped samples that cannot be the strip's are refused") {
    for (const Channels channels : {Channels::luma, Channels::each}) {
      for (const auto& layout :
           {PixelLayout{}, PixelLayout{.bits = 16}, with_alpha(8, 3, Alpha::associated), PixelLayout{.colors = 3}}) {
        const Input input{"TIFF", Format::tiff, testing::encode_tiff(landscape(100, 90, layout))};
        PageStripsOptions options;
        options.channels = channels;
        Opened opened(input, options);
        opened.count_all();
        PageStrips& page = *opened.page;
        ECE465_REQUIRE_OK(page.load(0));
        Buffer scratch;
        const auto samples = page.gather(0, scratch);
        ECE465_REQUIRE_OK(samples);
        std::vector<std::byte> mapped(samples->begin(), samples->end());
        REQUIRE(map_samples(mapped, page.bits(), page.wire_table(0)));
        ECE465_REQUIRE_OK(page.check_mapped(0, mapped));

        CHECK(is_error(page.check_mapped(0, Bytes(mapped).first(mapped.size() - 1)), Errc::corrupt));
        CHECK(is_error(page.check_mapped(0, *samples), Errc::corrupt));
        CHECK(is_error(page.check_mapped(0, std::vector<std::byte>(mapped.size())), Errc::corrupt));
        auto late = mapped;
        std::ranges::rotate(late, late.begin() + 2);
        CHECK(is_error(page.check_mapped(0, late), Errc::corrupt));
      }
    }
  }

  TEST_CASE("answers are checked though the samples have left memory") {
    for (const auto& inputs : {jpegs(), tiffs(), pngs()}) {
      for (const Input& input : inputs) {
        CAPTURE(input.name);
        PageStripsOptions options;
        options.channels = Channels::each;
        options.strip_bytes = 4000;
        Opened opened(input, options);
        PageStrips& page = *opened.page;
        if (!page.maps_remotely()) continue;
        std::vector<std::vector<std::byte>> sent;
        for (std::size_t i = 0; i < page.strips().size(); ++i) {
          ECE465_REQUIRE_OK(page.load(page.strips()[i].group));
          Buffer scratch;
          const auto samples = page.gather(i, scratch);
          ECE465_REQUIRE_OK(samples);
          sent.emplace_back(samples->begin(), samples->end());
          page.release(page.strips()[i].group);
        }
        for (std::size_t i = 0; i < page.strips().size(); ++i) {
          std::vector<std::uint64_t> counts(std::size_t{1} << page.bits());
          REQUIRE(count_samples(sent[i], page.bits(), counts));
          ECE465_REQUIRE_OK(page.check_counts(i, counts));
          page.add_counts(page.strips()[i].plane, counts);
          std::ranges::rotate(counts, counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2));
          CHECK(is_error(page.check_counts(i, counts), Errc::corrupt));
        }
        ECE465_REQUIRE_OK(page.settle());
        for (std::size_t i = 0; i < page.strips().size(); ++i) {
          CHECK(is_error(page.check_mapped(i, std::vector<std::byte>(sent[i].size(), std::byte{0x5A})), Errc::corrupt));
          REQUIRE(map_samples(sent[i], page.bits(), page.wire_table(page.strips()[i].plane)));
          ECE465_REQUIRE_OK(page.check_mapped(i, sent[i]));
        }
      }
    }
  }

  TEST_CASE("groups leave memory when nobody holds them, and come back") {
    const Input input = plain_tiff(300);
    const Opened opened(input, way_of(std::uint64_t{64} << 10).options);
    PageStrips& page = *opened.page;
    Buffer scratch;
    CHECK(!page.gather(0, scratch));
    ECE465_REQUIRE_OK(page.load(0));
    ECE465_REQUIRE_OK(page.load(0));
    page.release(0);
    const auto samples = page.gather(0, scratch);
    ECE465_REQUIRE_OK(samples);
    const std::vector<std::byte> first(samples->begin(), samples->end());
    page.release(0);
    CHECK(!page.gather(0, scratch));
    ECE465_REQUIRE_OK(page.load(1));  // in the memory that group 0 had
    ECE465_REQUIRE_OK(page.load(0));
    const auto again = page.gather(0, scratch);
    ECE465_REQUIRE_OK(again);
    CHECK(std::ranges::equal(*again, first));
  }

  TEST_CASE("a decoder that goes forward only goes back by beginning again") {
    const Input input = tall_png();
    PageStripsOptions options;
    options.strip_bytes = 4000;
    options.memory_bytes = least_memory(input);
    const Opened opened(input, options);
    PageStrips& page = *opened.page;
    REQUIRE(page.residence() == PageStrips::Residence::streamed);
    REQUIRE(page.groups() > 3);
    std::vector<std::vector<std::uint64_t>> counts(page.groups(), std::vector<std::uint64_t>(256));
    for (const std::size_t g : {3UL, 1UL, 2UL, 0UL, page.groups() - 1, 1UL}) {
      ECE465_REQUIRE_OK(page.load(g));
      std::ranges::fill(counts[g], 0);
      ECE465_REQUIRE_OK(page.count_locally(g, counts[g]));
      page.release(g);
    }
    for (std::size_t g = 0; g < page.groups(); ++g) {
      std::ranges::fill(counts[g], 0);
      ECE465_REQUIRE_OK(page.load(g));
      ECE465_REQUIRE_OK(page.count_locally(g, counts[g]));
      page.add_counts(0, counts[g]);
      page.release(g);
    }
    ECE465_REQUIRE_OK(page.settle());
    const auto analyzed = analyze(*opened.source, {});
    ECE465_REQUIRE_OK(analyzed);
    CHECK(page.before() == analyzed->pages[0].before);
    CHECK(page.tables() == analyzed->pages[0].tables);
  }

  TEST_CASE("a decoder that goes forward only keeps what it passes, where all is kept") {
    const Input input = jpegs()[3];
    PageStripsOptions options;
    options.strip_bytes = 4000;
    const Opened opened(input, options);
    PageStrips& page = *opened.page;
    REQUIRE(page.residence() == PageStrips::Residence::kept);
    REQUIRE(page.loads_in_order());
    REQUIRE(page.groups() > 3);
    Histogram all(8);
    for (const std::size_t g : {2UL, 0UL, 1UL}) {
      ECE465_REQUIRE_OK(page.load(g));
      page.release(g);
      ECE465_REQUIRE_OK(page.count_locally(g, all.counts()));  // still there
    }
    for (std::size_t g = 3; g < page.groups(); ++g) {
      ECE465_REQUIRE_OK(page.load(g));
      ECE465_REQUIRE_OK(page.count_locally(g, all.counts()));
    }
    const auto analyzed = analyze(*opened.source, {});
    ECE465_REQUIRE_OK(analyzed);
    CHECK(all == analyzed->pages[0].before[0]);
  }

  TEST_CASE("what is out of turn is an error, not a wrong picture") {
    const Input input{"deflated TIFF", Format::tiff,
                      testing::encode_tiff(landscape(700, 400, {}), {.compression = COMPRESSION_ADOBE_DEFLATE})};
    PageStripsOptions options;
    options.strip_bytes = 70'000;
    Opened opened(input, options);
    PageStrips& page = *opened.page;
    REQUIRE(page.groups() > 2);
    CHECK(is_error(page.settle(), Errc::internal));
    CHECK(is_error(page.begin_write(*opened.writer), Errc::internal));
    opened.count_all();
    CHECK(is_error(page.settle(), Errc::internal));
    ECE465_REQUIRE_OK(page.begin_write(*opened.writer));
    CHECK(page.write_order() == PageStrips::WriteOrder::ascending);
    CHECK(is_error(page.write(0), Errc::internal));  // not mapped
    for (std::size_t g = 0; g < page.groups(); ++g) {
      ECE465_REQUIRE_OK(page.load(g));
      const auto& strip = page.strips()[g];
      CHECK(is_error(page.scatter(g, std::vector<std::byte>(strip.bytes + 1)), Errc::internal));
      ECE465_REQUIRE_OK(page.map_locally(g));
      CHECK(is_error(page.map_locally(g), Errc::internal));
      CHECK(is_error(page.scatter(g, std::vector<std::byte>(strip.bytes)), Errc::internal));
      Buffer scratch;
      CHECK(!page.gather(g, scratch));
    }
    CHECK(is_error(page.finish_write(), Errc::internal));
    ECE465_REQUIRE_OK(page.write(0));
    CHECK(is_error(page.write(0), Errc::internal));
  }

  TEST_CASE("an input that breaks off is told as its reader tells it, whoever asks") {
    Input input{"PNG", Format::png, testing::encode_png(landscape(700, 800, {}))};
    auto chunks = testing::png_chunks(input.bytes);
    auto& data = std::ranges::find(chunks, "IDAT", &testing::PngChunk::name)->data;
    std::fill(data.begin() + static_cast<std::ptrdiff_t>(data.size() / 2), data.end(), std::byte{0xFF});
    input.bytes = testing::png_of_chunks(chunks);
    const Opened opened(input, way_of(50'000).options);
    Result<void> last;
    std::size_t g = 0;
    for (; last && g < opened.page->groups(); ++g) last = opened.page->load(g);
    REQUIRE(!last);
    CHECK(last.error().code == Errc::corrupt);
    const auto again = opened.page->load(g - 1);
    REQUIRE(!again);
    CHECK(again.error().what == last.error().what);
  }

  TEST_CASE("several threads at once change no byte") {
    for (const auto& inputs : {jpegs(), tiffs(), pngs()}) {
      for (const Input& input : inputs) {
        if (input.name == "TIFF of three pages") continue;
        CAPTURE(input.name);
        StripsWay way = way_of(3000);
        way.options.channels = Channels::each;
        way.options.threads = 3;
        Opened opened(input, way.options);
        PageStrips& page = *opened.page;
        std::mutex mutex;
        ECE465_REQUIRE_OK(parallel_for(3, page.strips().size(), [&](unsigned, std::size_t i) -> Result<void> {
          const auto& strip = page.strips()[i];
          ECE465_TRY(page.load(strip.group));
          std::vector<std::uint64_t> counts(std::size_t{1} << page.bits());
          Buffer scratch;
          ECE465_ASSIGN(const Bytes samples, page.gather(i, scratch));
          ECE465_TRY(count_samples(samples, page.bits(), counts));
          ECE465_TRY(page.check_counts(i, counts));
          page.release(strip.group);
          const std::scoped_lock lock(mutex);
          page.add_counts(strip.plane, counts);
          return {};
        }));
        ECE465_REQUIRE_OK(page.settle());
        ECE465_REQUIRE_OK(page.begin_write(*opened.writer));
        // All planes of all groups, and then all groups: several threads work on one group's planes.
        ECE465_REQUIRE_OK(parallel_for(3, page.strips().size(), [&](unsigned, std::size_t i) -> Result<void> {
          const auto& strip = page.strips()[i];
          ECE465_TRY(page.load(strip.group));
          if (i % 3 == 0 || !page.maps_remotely()) {
            ECE465_TRY(page.map_locally(i));
          } else {
            Buffer scratch;
            ECE465_ASSIGN(const Bytes samples, page.gather(i, scratch));
            std::vector<std::byte> mapped(samples.begin(), samples.end());
            ECE465_TRY(map_samples(mapped, page.bits(), page.wire_table(strip.plane)));
            ECE465_TRY(page.check_mapped(i, mapped));
            ECE465_TRY(page.scatter(i, mapped));
          }
          page.release(strip.group);
          return {};
        }));
        const unsigned threads = page.write_order() == PageStrips::WriteOrder::one_by_one ? 1 : 3;
        ECE465_REQUIRE_OK(parallel_for(threads, page.groups(), [&](unsigned, std::size_t g) { return page.write(g); }));
        ECE465_REQUIRE_OK(page.finish_write());
        ECE465_REQUIRE_OK(opened.writer->finish());
        CHECK(opened.sink.bytes() == by_equalize(input.bytes, input.format, way));
      }
    }
  }

  TEST_CASE("writing a full disk fails, and nobody waits for ever") {
    class Full final : public ByteSink {
     public:
      Result<void> write_at(std::uint64_t offset, Bytes) override {
        if (offset > 20'000) return fail(Errc::io, "out: cannot write: no space left on device");
        return {};
      }
    };
    const Input input{"deflated TIFF", Format::tiff,
                      testing::encode_tiff(landscape(700, 800, {}), {.compression = COMPRESSION_ADOBE_DEFLATE})};
    PageStripsOptions options;
    options.strip_bytes = 70'000;
    options.threads = 3;
    Opened opened(input, options);
    Full full;
    const auto writer = create_image(Format::tiff, *opened.reader, full, {});
    ECE465_REQUIRE_OK(writer);
    opened.count_all();
    PageStrips& page = *opened.page;
    ECE465_REQUIRE_OK(page.begin_write(**writer));
    for (std::size_t g = 0; g < page.groups(); ++g) {
      ECE465_REQUIRE_OK(page.load(g));
      ECE465_REQUIRE_OK(page.map_locally(g));
    }
    const auto written = parallel_for(3, page.groups(), [&](unsigned, std::size_t g) { return page.write(g); });
    REQUIRE(!written);
    CHECK(written.error().code == Errc::io);
    CHECK(!page.finish_write());
  }
}
