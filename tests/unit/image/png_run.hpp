#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "ece465/image/equalize.hpp"
#include "png_file.hpp"

/// Helpers of the PNG tests.

namespace ece465::testing {

struct PngRun {
  std::vector<std::byte> file;
  image::EqualizeReport report;

  [[nodiscard]] bool notes(std::string_view words) const {
    return std::ranges::any_of(report.notes, [&](const auto& note) { return note.find(words) != note.npos; });
  }
};

/// Equalizes a valid file.
inline PngRun equalize_png(Bytes png, const image::EqualizeOptions& options = {}) {
  const auto source = borrow_memory("test.png", png);
  MemorySink sink;
  auto report = image::equalize(*source, sink, image::Format::png, options);
  REQUIRE_MESSAGE(report, report.error().text());
  return {sink.bytes(), *std::move(report)};
}

inline PngRun equalize_png(Bytes png, image::Channels channels) {
  image::EqualizeOptions options;
  options.channels = channels;
  return equalize_png(png, options);
}

/// Equalizes an invalid file and returns the error.
inline Error png_failure(Bytes png, const image::EqualizeOptions& options = {}) {
  const auto source = borrow_memory("test.png", png);
  MemorySink sink;
  const auto report = image::equalize(*source, sink, image::Format::png, options);
  REQUIRE(!report);
  return report.error();
}

inline PngShape interlaced_shape(bool interlaced) {
  PngShape shape;
  shape.interlaced = interlaced;
  return shape;
}
inline PngShape shallow(unsigned bit_depth) {
  PngShape shape;
  shape.bit_depth = bit_depth;
  return shape;
}

}  // namespace ece465::testing
