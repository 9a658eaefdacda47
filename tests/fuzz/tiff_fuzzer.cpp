#include <cstddef>
#include <cstdint>

#include "ece465/image/equalize.hpp"

/// Equalizes arbitrary input to a TIFF and, which uses other paths of the reader, to a PNG. Any input may fail, but not
/// crash. The resulting TIFF must be readable.

using namespace ece465;
using namespace ece465::image;

namespace {

EqualizeOptions options_of(std::uint8_t choice) {
  EqualizeOptions options;
  options.channels = static_cast<Channels>(choice % 3);
  options.threads = 1;  // threads are tested under TSan; here they would make coverage random
  options.memory_bytes = std::uint64_t{16} << 20;
  // Large enough for all code paths, small enough for thousands of runs per second.
  options.limits.max_page_pixels = 1 << 16;
  options.limits.max_pages = 16;
  options.limits.max_blocks = 1 << 12;
  options.limits.max_metadata_bytes = std::size_t{1} << 20;
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 8) return 0;
  const Bytes bytes = std::as_bytes(std::span(data, size));
  const auto format = format_of_content(bytes);
  if (format != Format::tiff) return 0;
  const auto source = borrow_memory("fuzz.tif", bytes);
  const EqualizeOptions options = options_of(data[size - 1]);
  MemorySink sink, converted;
  if (equalize(*source, sink, Format::tiff, options)) {
    const auto again = borrow_memory("again.tif", sink.bytes());
    // It may exceed a limit that the input just met, but it must not be corrupt.
    const auto read = analyze(*again, options);
    if (!read && read.error().code == Errc::corrupt) __builtin_trap();
  }
  (void)equalize(*source, converted, Format::png, options);
  return 0;
}
