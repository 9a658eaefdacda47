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
  /// Memory for processing a page. Pages whose pixels do not fit are decoded twice.
  std::uint64_t memory_bytes = Limits{}.default_memory_bytes;
  Limits limits;
  std::stop_token stop;
  /// Called after every block with the blocks done, which increase by one each time, and the total (both passes, all
  /// pages). From any thread, but never concurrently.
  std::function<void(std::size_t done, std::size_t total)> progress;
  /// Receives each page's report when the page is done, instead of EqualizeReport::pages: the histograms of a thousand
  /// 16-bit pages take 600 MB, which most callers need not keep.
  std::function<void(PageReport&&)> page_done;
};

/// What was done to one page.
struct PageReport {
  std::uint32_t width = 0, height = 0;
  PixelLayout layout;
  bool palette = false;  ///< pixels are indices; `before` and `tables` refer to the colours
  /// Samples per pixel in the file, alpha and others included; 1 for palette indices.
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
  std::vector<std::string> notes;  ///< remarks for the user: "16 bits became 8", "alpha was dropped"
};

/// Equalizes every page of `source` and writes them to `sink` in the format `output`. Deterministic: the number of
/// threads and the memory budget do not change a byte of the result. After a failure the sink's contents are undefined.
/// Errors name the file.
[[nodiscard]] Result<EqualizeReport> equalize(const ByteSource& source, ByteSink& sink, Format output,
                                              const EqualizeOptions& options);

/// Counts every page without writing. The tables are those that `equalize` would apply.
[[nodiscard]] Result<EqualizeReport> analyze(const ByteSource& source, const EqualizeOptions& options);

}  // namespace ece465::image
