#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "ece465/image/equalize.hpp"
#include "ece465/image/page_strips.hpp"
#include "scene.hpp"

/// Inputs for the tests of PageStrips, and images equalized through it, as a master and its workers do it.

namespace ece465::testing {

#define ECE465_REQUIRE_OK(expression)                   \
  do {                                                  \
    const auto& ok = (expression);                      \
    REQUIRE_MESSAGE(ok, (ok ? "" : ok.error().text())); \
  } while (false)

/// A file.
struct Input {
  std::string name;
  image::Format format;
  std::vector<std::byte> bytes;
};

/// All ways in which a format stores pixels.
[[nodiscard]] std::vector<Input> jpegs();
[[nodiscard]] std::vector<Input> tiffs();
[[nodiscard]] std::vector<Input> pngs();
/// An uncompressed gray TIFF of `rows` rows of a kilobyte.
[[nodiscard]] Input plain_tiff(std::uint32_t rows, std::uint8_t bits = 8);
/// A PNG several times as large as the memory that its encoder needs.
[[nodiscard]] Input tall_png();
/// The minimum of memory that `input` needs, in strips of one block.
[[nodiscard]] std::uint64_t min_memory(const Input& input);

[[nodiscard]] image::PixelLayout with_alpha(std::uint8_t bits, std::uint8_t colors, image::Alpha alpha);
[[nodiscard]] inline bool is_error(const Result<void>& result, Errc code) {
  return !result && result.error().code == code;
}

/// How strips are processed.
struct StripsSetup {
  image::PageStripsOptions options;
  int quality = 0;
  std::uint32_t seed = 1;  ///< of the order
  /// Every `local`-th strip is processed here instead of by workers; 0: none.
  std::size_t local = 0;
  /// Workers keep the samples, so nothing is sent twice.
  bool workers_keep = false;
};
[[nodiscard]] StripsSetup setup_of(std::uint64_t strip_bytes);

/// The output, and how the last page was processed.
struct StripsRun {
  std::vector<std::byte> file;
  image::PageStrips::Residency residency = image::PageStrips::Residency::on_demand;
  image::PageStrips::WriteOrder order = image::PageStrips::WriteOrder::any;
  std::size_t strips = 0, planes = 0;
  std::size_t views = 0;  ///< strips that were gathered without a copy
  bool maps_remotely = false;
};
/// Equalizes an image in strips, on one thread and in random order.
[[nodiscard]] StripsRun by_strips(Bytes input, image::Format output, const StripsSetup& setup);
/// The output of `equalize` for the same input.
[[nodiscard]] std::vector<std::byte> by_equalize(Bytes input, image::Format output, const StripsSetup& setup);

/// An open page, and what it depends on.
struct Opened {
  Opened(const Input& input, const image::PageStripsOptions& options, image::Format output);
  Opened(const Input& input, const image::PageStripsOptions& options) : Opened(input, options, input.format) {}

  void count_all();

  std::unique_ptr<ByteSource> source;
  MemorySink sink;
  std::unique_ptr<image::ImageReader> reader;
  std::unique_ptr<image::ImageWriter> writer;
  std::unique_ptr<image::PageStrips> page;
};

}  // namespace ece465::testing
