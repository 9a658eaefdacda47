#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "ece465/image/codec.hpp"

namespace ece465::image {

struct PageReport;

struct EqualizeOptions {
  Channels channels = Channels::luma;
  int quality = 0;  ///< see WriteOptions
  unsigned threads = 1;
  /// For pixels kept between the two passes; pages that do not fit are decoded twice.
  std::uint64_t memory_bytes = Limits{}.default_memory_bytes;
  Limits limits;
  std::stop_token stop;
  /// Called after every block, from any worker but one at a time, with blocks done (each time one more) and
  /// blocks to do (both passes, all pages).
  std::function<void(std::size_t done, std::size_t total)> progress;
  /// Takes each page's report when the page is done, instead of EqualizeReport::pages: the histograms of a
  /// thousand 16-bit pages are 600 MB that most callers need not keep.
  std::function<void(PageReport&&)> page_done;
};

/// What was done to one page.
struct PageReport {
  std::uint32_t width = 0, height = 0;
  PixelLayout layout;
  bool palette = false;  ///< pixels are indices; `before` and `tables` are those of the colours
  /// Samples of a pixel in the file, colour and alpha and all; 1 for a palette's index.
  unsigned stored_samples = 1;
  std::vector<Histogram> before;  ///< one per equalized plane
  std::vector<Table> tables;
  /// Wall time of the first pass (decode and count) and the second (map, encode, write).
  std::chrono::nanoseconds count_time{}, write_time{};
  bool kept_in_memory = false;  ///< decoded once, not twice
};

struct EqualizeReport {
  Format input_format = Format::jpeg, output_format = Format::jpeg;
  std::vector<PageReport> pages;   ///< empty when `page_done` took them
  std::vector<std::string> notes;  ///< what a person should know: "16 bits became 8", "alpha was dropped"
};

/// Equalizes every page of `source` into `sink` as `output`. The semantics are those of DESIGN: see
/// README "What equalize does". Deterministic: threads and memory do not change a byte of the result.
/// On failure the sink's contents are meaningless. Errors name the file.
[[nodiscard]] Result<EqualizeReport> equalize(const ByteSource& source, ByteSink& sink, Format output,
                                              const EqualizeOptions& options);

/// Reads every page and counts, writing nothing. Tables are those that `equalize` would apply.
[[nodiscard]] Result<EqualizeReport> analyze(const ByteSource& source, const EqualizeOptions& options);

}  // namespace ece465::image
