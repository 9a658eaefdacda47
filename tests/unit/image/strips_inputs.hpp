#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "ece465/image/equalize.hpp"
#include "ece465/image/page_strips.hpp"
#include "scene.hpp"
#include "strips_run.hpp"

/// Images that pages as strips are tried with, and such a page, open.

namespace ece465::testing {

/// A file.
struct Input {
  std::string name;
  image::Format format;
  std::vector<std::byte> bytes;
};

/// Every way in which a format stores pixels.
[[nodiscard]] std::vector<Input> jpegs();
[[nodiscard]] std::vector<Input> tiffs();
[[nodiscard]] std::vector<Input> pngs();
/// An uncompressed gray TIFF of `rows` rows of a kilobyte.
[[nodiscard]] Input plain_tiff(std::uint32_t rows, std::uint8_t bits = 8);
/// A PNG of several times the memory that its encoder needs.
[[nodiscard]] Input tall_png();
/// The least memory that `input` can be done with, in strips of one block.
[[nodiscard]] std::uint64_t least_memory(const Input& input);

[[nodiscard]] image::PixelLayout with_alpha(std::uint8_t bits, std::uint8_t colors, image::Alpha alpha);
[[nodiscard]] StripsWay way_of(std::uint64_t strip_bytes);
[[nodiscard]] inline bool is_error(const Result<void>& result, Errc code) {
  return !result && result.error().code == code;
}

/// One page, open to be taken apart.
struct Opened {
  Opened(const Input& input, const image::PageStripsOptions& options, image::Format output)
      : source(borrow_memory(input.name, input.bytes)) {
    auto opened = image::open_image(*source, image::strips_read_options(input.format, output, options));
    ECE465_REQUIRE_OK(opened);
    reader = *std::move(opened);
    auto created = image::create_image(output, *reader, sink, {});
    ECE465_REQUIRE_OK(created);
    writer = *std::move(created);
    auto strips = image::PageStrips::open(*reader, 0, output, options);
    ECE465_REQUIRE_OK(strips);
    page = *std::move(strips);
  }
  Opened(const Input& input, const image::PageStripsOptions& options) : Opened(input, options, input.format) {}

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
  std::unique_ptr<image::ImageReader> reader;
  std::unique_ptr<image::ImageWriter> writer;
  std::unique_ptr<image::PageStrips> page;
};

}  // namespace ece465::testing
