#include <tiff.h>

#include <algorithm>
#include <mutex>

#include "ece465/base/parallel.hpp"
#include "ece465/image/page_strips.hpp"
#include "ece465/image/samples.hpp"
#include "jpeg_file.hpp"
#include "page_strips_fixture.hpp"
#include "png_file.hpp"
#include "tiff_file.hpp"

using namespace ece465;
using namespace ece465::image;
using namespace ece465::testing;

TEST_SUITE("page strips, groups in memory") {
  TEST_CASE("implausible counts are rejected") {
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

  TEST_CASE("implausible mapped samples are rejected") {
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

  TEST_CASE("answers are checked after the samples have left memory") {
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
        ECE465_REQUIRE_OK(page.finalize());
        for (std::size_t i = 0; i < page.strips().size(); ++i) {
          CHECK(is_error(page.check_mapped(i, std::vector<std::byte>(sent[i].size(), std::byte{0x5A})), Errc::corrupt));
          REQUIRE(map_samples(sent[i], page.bits(), page.wire_table(page.strips()[i].plane)));
          ECE465_REQUIRE_OK(page.check_mapped(i, sent[i]));
        }
      }
    }
  }

  TEST_CASE("groups leave memory after the last release, and can be loaded again") {
    const Input input = plain_tiff(300);
    const Opened opened(input, setup_of(std::uint64_t{64} << 10).options);
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

  TEST_CASE("a forward-only decoder restarts to load an earlier group") {
    const Input input = tall_png();
    PageStripsOptions options;
    options.strip_bytes = 4000;
    options.memory_bytes = min_memory(input);
    const Opened opened(input, options);
    PageStrips& page = *opened.page;
    REQUIRE(page.residency() == PageStrips::Residency::streamed);
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
    ECE465_REQUIRE_OK(page.finalize());
    const auto analyzed = analyze(*opened.source, {});
    ECE465_REQUIRE_OK(analyzed);
    CHECK(page.before() == analyzed->pages[0].before);
    CHECK(page.tables() == analyzed->pages[0].tables);
  }

  TEST_CASE("a forward-only decoder keeps all groups before the requested one, if groups are kept") {
    const Input input = jpegs()[3];
    PageStripsOptions options;
    options.strip_bytes = 4000;
    const Opened opened(input, options);
    PageStrips& page = *opened.page;
    REQUIRE(page.residency() == PageStrips::Residency::kept);
    REQUIRE(!opened.reader->pages()[0].any_order);
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

  TEST_CASE("calls in the wrong order are errors") {
    const Input input{"deflated TIFF", Format::tiff,
                      testing::encode_tiff(landscape(700, 400, {}), {.compression = COMPRESSION_ADOBE_DEFLATE})};
    PageStripsOptions options;
    options.strip_bytes = 70'000;
    Opened opened(input, options);
    PageStrips& page = *opened.page;
    REQUIRE(page.groups() > 2);
    CHECK(is_error(page.finalize(), Errc::internal));
    CHECK(is_error(page.begin_write(*opened.writer), Errc::internal));
    opened.count_all();
    CHECK(is_error(page.finalize(), Errc::internal));
    ECE465_REQUIRE_OK(page.begin_write(*opened.writer));
    CHECK(page.write_order() == PageStrips::WriteOrder::ascending);
    CHECK(is_error(page.write(0), Errc::internal));  // not mapped
    for (std::size_t g = 0; g < page.groups(); ++g) {
      ECE465_REQUIRE_OK(page.load(g));
      const auto& strip = page.strips()[g];
      Buffer too_long(strip.bytes + 1), mapped(strip.bytes);
      CHECK(is_error(page.scatter(g, too_long), Errc::internal));
      ECE465_REQUIRE_OK(page.map_locally(g));
      CHECK(is_error(page.map_locally(g), Errc::internal));
      CHECK(is_error(page.scatter(g, mapped), Errc::internal));
      Buffer scratch;
      CHECK(!page.gather(g, scratch));
    }
    CHECK(is_error(page.finish_write(), Errc::internal));
    ECE465_REQUIRE_OK(page.write(0));
    CHECK(is_error(page.write(0), Errc::internal));
  }

  TEST_CASE("an incomplete input is reported with the reader's error, to every caller") {
    Input input{"PNG", Format::png, testing::encode_png(landscape(700, 800, {}))};
    auto chunks = testing::png_chunks(input.bytes);
    auto& data = std::ranges::find(chunks, "IDAT", &testing::PngChunk::name)->data;
    std::fill(data.begin() + static_cast<std::ptrdiff_t>(data.size() / 2), data.end(), std::byte{0xFF});
    input.bytes = testing::png_of_chunks(chunks);
    const Opened opened(input, setup_of(50'000).options);
    Result<void> last;
    std::size_t g = 0;
    for (; last && g < opened.page->groups(); ++g) last = opened.page->load(g);
    REQUIRE(!last);
    CHECK(last.error().code == Errc::corrupt);
    const auto again = opened.page->load(g - 1);
    REQUIRE(!again);
    CHECK(again.error().text() == last.error().text());
  }

  TEST_CASE("concurrent threads do not change a byte") {
    for (const auto& inputs : {jpegs(), tiffs(), pngs()}) {
      for (const Input& input : inputs) {
        if (input.name == "TIFF of three pages") continue;
        CAPTURE(input.name);
        StripsSetup setup = setup_of(3000);
        setup.options.channels = Channels::each;
        setup.options.threads = 3;
        Opened opened(input, setup.options);
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
        ECE465_REQUIRE_OK(page.finalize());
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
            Buffer mapped(samples.size());
            std::ranges::copy(samples, mapped.data());
            ECE465_TRY(map_samples(mapped.span(), page.bits(), page.wire_table(strip.plane)));
            ECE465_TRY(page.check_mapped(i, mapped.span()));
            ECE465_TRY(page.scatter(i, mapped));
          }
          page.release(strip.group);
          return {};
        }));
        const unsigned threads = page.write_order() == PageStrips::WriteOrder::one_by_one ? 1 : 3;
        ECE465_REQUIRE_OK(parallel_for(threads, page.groups(), [&](unsigned, std::size_t g) { return page.write(g); }));
        ECE465_REQUIRE_OK(page.finish_write());
        ECE465_REQUIRE_OK(opened.writer->finish());
        CHECK(opened.sink.bytes() == by_equalize(input.bytes, input.format, setup));
      }
    }
  }

  TEST_CASE("writing to a full disk fails, and no thread waits forever") {
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
