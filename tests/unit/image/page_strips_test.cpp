#include "ece465/image/page_strips.hpp"

#include <tiff.h>

#include <algorithm>
#include <mutex>

#include "ece465/base/parallel.hpp"
#include "ece465/image/samples.hpp"
#include "jpeg_file.hpp"
#include "page_strips_fixture.hpp"
#include "png_file.hpp"
#include "tiff_builder.hpp"
#include "tiff_file.hpp"

using namespace ece465;
using namespace ece465::image;
using namespace ece465::testing;

namespace {

void check_same(const Input& input, Format output, StripsSetup setup) {
  CAPTURE(input.name);
  CAPTURE(format_name(output));
  for (const Channels channels : {Channels::luma, Channels::gray, Channels::each}) {
    CAPTURE(static_cast<int>(channels));
    setup.options.channels = channels;
    CHECK(by_strips(input.bytes, output, setup).file == by_equalize(input.bytes, output, setup));
  }
}

}  // namespace

TEST_SUITE("page strips") {
  TEST_CASE("JPEG: strips counted and mapped elsewhere give what equalize gives") {
    for (const Input& input : jpegs()) check_same(input, Format::jpeg, setup_of(8000));
  }

  TEST_CASE("TIFF: strips counted and mapped elsewhere give what equalize gives") {
    for (const Input& input : tiffs()) check_same(input, Format::tiff, setup_of(3000));
  }

  TEST_CASE("PNG: strips counted and mapped elsewhere give what equalize gives") {
    for (const Input& input : pngs()) check_same(input, Format::png, setup_of(30'000));
  }

  TEST_CASE("another format: strips counted and mapped elsewhere give what equalize gives") {
    StripsSetup setup = setup_of(4000);
    setup.quality = 90;
    for (const auto& inputs : {jpegs(), tiffs(), pngs()}) {
      for (const Input& input : inputs) {
        for (const Format output : {Format::jpeg, Format::tiff, Format::png}) {
          if (output == input.format || input.name == "TIFF of three pages") continue;
          check_same(input, output, setup);
        }
      }
    }
  }

  TEST_CASE("the result does not depend on who processes a strip or keeps its samples") {
    for (const auto& inputs : {jpegs(), tiffs(), pngs()}) {
      for (const Input& input : inputs) {
        StripsSetup setup = setup_of(5000);
        setup.seed = 2;
        setup.local = 1;
        check_same(input, input.format, setup);
        setup.local = 2;
        setup.workers_keep = true;
        check_same(input, input.format, setup);
        setup.local = 0;
        check_same(input, input.format, setup);
      }
    }
  }

  TEST_CASE("the result does not depend on the size of strips") {
    for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 40}) {
      const auto all = tiffs();
      for (const std::size_t i : {0U, 4U, 16U, 17U}) check_same(all[i], Format::tiff, setup_of(bytes));
      check_same(jpegs()[3], Format::jpeg, setup_of(bytes));
      check_same(pngs()[2], Format::png, setup_of(bytes));
    }
  }

  TEST_CASE("strips cover every sample of the page once") {
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

  TEST_CASE("plain gray samples are sent and scattered without a copy") {
    for (const std::uint8_t bits : {std::uint8_t{8}, std::uint8_t{16}}) {
      const Input input = plain_tiff(300, bits);
      StripsSetup setup = setup_of(std::uint64_t{64} << 10);
      const StripsRun run = by_strips(input.bytes, Format::tiff, setup);
      CHECK(run.strips == 5);
      CHECK(run.views == run.strips);
      CHECK(run.residency == PageStrips::Residency::on_demand);
      CHECK(run.order == PageStrips::WriteOrder::any);

      Opened opened(input, setup.options);
      opened.count_all();
      ECE465_REQUIRE_OK(opened.page->load(0));
      Buffer scratch;
      const auto samples = opened.page->gather(0, scratch);
      ECE465_REQUIRE_OK(samples);
      Buffer mapped(samples->size());
      std::ranges::copy(*samples, mapped.data());
      REQUIRE(map_samples(mapped.span(), bits, opened.page->wire_table(0)));
      const std::byte* const before = mapped.data();
      ECE465_REQUIRE_OK(opened.page->scatter(0, mapped));
      CHECK(mapped.data() != before);
    }
    // Luma planes of JPEG are stored in rows of whole MCUs.
    CHECK(by_strips(jpegs()[1].bytes, Format::jpeg, setup_of(8000)).views > 0);
  }

  TEST_CASE("the residency depends on the cost of reading and on the budget") {
    using Residency = PageStrips::Residency;
    const auto residency = [](const Input& input, std::uint64_t memory_bytes) {
      StripsSetup setup = setup_of(4000);
      setup.options.memory_bytes = memory_bytes;
      const StripsRun run = by_strips(input.bytes, input.format, setup);
      CHECK(run.file == by_equalize(input.bytes, input.format, setup));
      return run.residency;
    };
    constexpr std::uint64_t kPlenty = std::uint64_t{256} << 20;
    CHECK(residency(plain_tiff(300), kPlenty) == Residency::on_demand);
    CHECK(residency(tall_png(), kPlenty) == Residency::kept);
    CHECK(residency(tall_png(), min_memory(tall_png())) == Residency::streamed);
    const Input deflated{"deflated TIFF", Format::tiff,
                         testing::encode_tiff(landscape(500, 6000, {}), {.compression = COMPRESSION_ADOBE_DEFLATE})};
    CHECK(residency(deflated, kPlenty) == Residency::kept);
    CHECK(residency(deflated, min_memory(deflated)) == Residency::on_demand);
  }

  TEST_CASE("too little memory is rejected, and so are too many strips") {
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

  TEST_CASE("a header that claims more strips than the file has is rejected before they are listed") {
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

  TEST_CASE("all pages except those with palettes are mapped remotely") {
    CHECK(by_strips(jpegs()[0].bytes, Format::jpeg, {}).maps_remotely);
    for (const auto& inputs : {tiffs(), pngs()}) {
      for (const Input& input : inputs) {
        const bool palette = input.name.find("palette") != std::string::npos;
        CHECK(by_strips(input.bytes, input.format, {}).maps_remotely == !palette);
      }
    }
  }
}
