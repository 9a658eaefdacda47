#include "ece465/image/equalize.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "jpeg_file.hpp"
#include "png_file.hpp"

using namespace ece465;
using namespace ece465::image;
using testing::Scene;

namespace {

struct TestInput {
  std::string name;
  Format format;
  std::vector<std::byte> bytes;
};

/// All ways to read and write: in order by one reader, from memory in any order, with auxiliary planes.
std::vector<TestInput> inputs() {
  const Scene gray = testing::landscape(700, 800, {});
  const Scene color = testing::landscape(400, 500, {.colors = 3});
  const Scene deep = testing::landscape(400, 500, {.bits = 16});
  testing::PngShape interlaced;
  interlaced.interlaced = true;
  testing::JpegOptions jpeg;
  jpeg.color = testing::JpegColor::ycbcr;
  jpeg.factors = {{{2, 2}, {1, 1}, {1, 1}}};
  testing::JpegOptions progressive = jpeg;
  progressive.progressive = true;
  return {{"gray PNG", Format::png, testing::encode_png(gray)},
          {"colour PNG", Format::png, testing::encode_png(color)},
          {"16-bit PNG", Format::png, testing::encode_png(deep)},
          {"interlaced PNG", Format::png, testing::encode_png(color, interlaced)},
          {"JPEG", Format::jpeg, testing::encode_jpeg(color, jpeg)},
          {"progressive JPEG", Format::jpeg, testing::encode_jpeg(color, progressive)}};
}

struct Run {
  std::vector<std::byte> file;
  EqualizeReport report;
};

Run equalized(const TestInput& input, const EqualizeOptions& options) {
  const auto source = borrow_memory(input.name, input.bytes);
  MemorySink sink;
  auto report = equalize(*source, sink, input.format, options);
  REQUIRE_MESSAGE(report, report.error().text());
  return {sink.bytes(), *std::move(report)};
}

/// The minimum of memory that `input` needs.
std::uint64_t min_memory(const TestInput& input) {
  const auto source = borrow_memory(input.name, input.bytes);
  const auto reader = open_image(*source, {});
  REQUIRE(reader);
  const PageInfo& page = (*reader)->pages()[0];
  return page.decoder_bytes + page.encoder_bytes + page.thread_bytes + 3 * page.block_bytes;
}

}  // namespace

TEST_SUITE("equalize") {
  TEST_CASE("threads and memory do not change a byte of the result") {
    for (const TestInput& input : inputs()) {
      CAPTURE(input.name);
      const Run reference = equalized(input, {});
      for (const unsigned threads : {1U, 2U, 4U}) {
        CAPTURE(threads);
        EqualizeOptions options;
        options.threads = threads;
        CHECK(equalized(input, options).file == reference.file);
        // Enough for one thread, but not for the decoded page.
        options.memory_bytes = min_memory(input) + 1000;
        const Run streamed = equalized(input, options);
        CHECK(streamed.file == reference.file);
        CHECK(streamed.report.pages[0].before == reference.report.pages[0].before);
      }
    }
  }

  TEST_CASE("several threads stream a page that is not kept in memory") {
    const TestInput input = inputs()[0];
    const Run reference = equalized(input, {});
    EqualizeOptions options;
    options.threads = 3;
    const auto source = borrow_memory(input.name, input.bytes);
    const auto reader = open_image(*source, {});
    REQUIRE(reader);
    const PageInfo& page = (*reader)->pages()[0];
    options.memory_bytes = page.decoder_bytes + 3 * (page.thread_bytes + 3 * page.block_bytes);
    options.limits.max_metadata_bytes = 1;  // nothing else is needed
    REQUIRE(page.total_bytes > 0);
    const Run run = equalized(input, options);
    CHECK(run.file == reference.file);
  }

  TEST_CASE("a report has the size, the histogram and the applied table") {
    const TestInput input = inputs()[0];
    const Run run = equalized(input, {});
    REQUIRE(run.report.pages.size() == 1);
    const PageReport& page = run.report.pages[0];
    CHECK(page.width == 700);
    CHECK(page.height == 800);
    REQUIRE(page.before.size() == 1);
    CHECK(page.before[0].total() == 700 * 800);
    CHECK(page.tables[0] == equalization_table(page.before[0]));
    const auto result = testing::decode_png(run.file);
    Histogram after(8);
    for (const auto v : result.scene.samples) ++after.counts()[v];
    CHECK(after == map_histogram(page.before[0], page.tables[0]));
  }

  TEST_CASE("analyze and equalize count the same") {
    for (const TestInput& input : inputs()) {
      for (const Channels channels : {Channels::luma, Channels::gray, Channels::each}) {
        CAPTURE(input.name);
        EqualizeOptions options;
        options.channels = channels;
        const auto source = borrow_memory(input.name, input.bytes);
        const auto analyzed = analyze(*source, options);
        REQUIRE(analyzed);
        const Run run = equalized(input, options);
        CHECK(analyzed->pages[0].before == run.report.pages[0].before);
        CHECK(analyzed->pages[0].tables == run.report.pages[0].tables);
      }
    }
  }

  TEST_CASE("progress increases by one and ends at the total") {
    for (const TestInput& input : inputs()) {
      for (const unsigned threads : {1U, 3U}) {
        CAPTURE(input.name);
        std::size_t last = 0, total = 0, jumps = 0;
        EqualizeOptions options;
        options.threads = threads;
        options.progress = [&](std::size_t done, std::size_t of) {
          jumps += done == last + 1 && (total == 0 || total == of) ? 0 : 1;
          last = done;
          total = of;
        };
        equalized(input, options);
        CHECK(jumps == 0);
        CHECK(last > 0);
        CHECK(last == total);
      }
    }
  }

  TEST_CASE("a stop request is honoured in either pass") {
    for (const TestInput& input : inputs()) {
      for (const unsigned threads : {1U, 3U}) {
        std::size_t blocks = 0;
        EqualizeOptions counting;
        counting.progress = [&](std::size_t, std::size_t total) { blocks = total; };
        equalized(input, counting);
        for (const std::size_t when : {std::size_t{1}, blocks / 2, blocks - 1}) {
          CAPTURE(input.name);
          CAPTURE(when);
          if (when == 0) continue;
          std::stop_source stop;
          EqualizeOptions options;
          options.threads = threads;
          options.stop = stop.get_token();
          options.progress = [&](std::size_t done, std::size_t) {
            if (done == when) stop.request_stop();
          };
          const auto source = borrow_memory(input.name, input.bytes);
          MemorySink sink;
          const auto report = equalize(*source, sink, input.format, options);
          REQUIRE(!report);
          CHECK(report.error().code == Errc::cancelled);
        }
      }
    }
  }

  TEST_CASE("if memory does not suffice, the error names an amount that does") {
    for (const TestInput& input : inputs()) {
      CAPTURE(input.name);
      EqualizeOptions options;
      options.memory_bytes = 1000;
      const auto source = borrow_memory(input.name, input.bytes);
      MemorySink sink;
      const auto report = equalize(*source, sink, input.format, options);
      REQUIRE(!report);
      CHECK(report.error().code == Errc::too_large);
      const std::string& what = report.error().text();
      const auto at = what.find("needs about ");
      REQUIRE(at != std::string::npos);
      options.memory_bytes = std::stoull(what.substr(at + 12)) << 20;
      CHECK(equalized(input, options).file == equalized(input, {}).file);
    }
  }

  TEST_CASE("input errors name the file, and the first bad block decides the message for any number of threads") {
    TestInput input = inputs()[0];
    auto chunks = testing::png_chunks(input.bytes);
    auto& data = std::ranges::find(chunks, "IDAT", &testing::PngChunk::name)->data;
    std::fill(data.begin() + static_cast<std::ptrdiff_t>(data.size() / 2), data.end(), std::byte{0xFF});
    input.bytes = testing::png_of_chunks(chunks);
    const auto source = borrow_memory("scan.png", input.bytes);
    std::string message;
    for (const unsigned threads : {1U, 2U, 4U}) {
      EqualizeOptions options;
      options.threads = threads;
      MemorySink sink;
      const auto report = equalize(*source, sink, Format::png, options);
      REQUIRE(!report);
      CHECK(report.error().text().starts_with("scan.png: "));
      if (message.empty()) message = report.error().text();
      CHECK(report.error().text() == message);
    }
  }

  TEST_CASE("write errors name the output") {
    class Full final : public ByteSink {
     public:
      Result<void> write_at(std::uint64_t offset, Bytes) override {
        if (offset > 20'000) return fail_on("out.png", Errc::io, "cannot write: no space left on device");
        return {};
      }
    };
    const TestInput input = inputs()[0];
    const auto source = borrow_memory(input.name, input.bytes);
    for (const unsigned threads : {1U, 3U}) {
      Full sink;
      EqualizeOptions options;
      options.threads = threads;
      const auto report = equalize(*source, sink, Format::png, options);
      REQUIRE(!report);
      CHECK(report.error().code == Errc::io);
      CHECK(report.error().text().starts_with("out.png"));
    }
  }

  TEST_CASE("page reports can be received one by one") {
    const TestInput input = inputs()[0];
    std::size_t pages = 0;
    EqualizeOptions options;
    options.page_done = [&](PageReport&& page) { pages += page.before[0].total() == 700 * 800 ? 1 : 0; };
    CHECK(equalized(input, options).report.pages.empty());
    CHECK(pages == 1);
  }
}
