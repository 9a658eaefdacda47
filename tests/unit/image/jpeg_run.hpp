#pragma once

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "ece465/image/equalize.hpp"
#include "jpeg_file.hpp"

/// Helpers of the JPEG tests.

namespace ece465::testing {

/// Sampling factors of 4:2:0.
inline constexpr std::array<JpegFactors, 3> k420{{{2, 2}, {1, 1}, {1, 1}}};

struct JpegRun {
  std::vector<std::byte> file;
  image::EqualizeReport report;
};

/// Equalizes a valid file.
inline JpegRun equalize_jpeg(Bytes jpeg, const image::EqualizeOptions& options = {}) {
  const auto source = borrow_memory("test.jpg", jpeg);
  MemorySink sink;
  auto report = image::equalize(*source, sink, image::Format::jpeg, options);
  REQUIRE_MESSAGE(report, report.error().text());
  return {sink.bytes(), *std::move(report)};
}

inline JpegRun equalize_jpeg(Bytes jpeg, image::Channels channels) {
  image::EqualizeOptions options;
  options.channels = channels;
  return equalize_jpeg(jpeg, options);
}

/// Equalizes an invalid file.
inline Error failure_of(Bytes jpeg, const image::EqualizeOptions& options = {}) {
  const auto source = borrow_memory("test.jpg", jpeg);
  MemorySink sink;
  const auto report = image::equalize(*source, sink, image::Format::jpeg, options);
  REQUIRE(!report);
  return report.error();
}

inline Scene color_scene(std::uint32_t width, std::uint32_t height) { return landscape(width, height, {.colors = 3}); }
inline Scene gray_scene(std::uint32_t width, std::uint32_t height) { return landscape(width, height, {}); }

}  // namespace ece465::testing
