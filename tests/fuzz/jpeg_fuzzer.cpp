#include <cstdint>
#include <cstdlib>

#include "ece465/image/equalize.hpp"
#include "formats/jpeg/stream_codec.hpp"

// The JPEG reader and writer with arbitrary files. The last byte selects the operation; it is the end of a well-formed
// file or follows it. Each operation also checks its results.

using namespace ece465;
using namespace ece465::image;

namespace {

/// Images small enough for thousands of runs per second.
constexpr Limits small_limits() {
  Limits limits;
  limits.max_side_pixels = 300;
  limits.max_page_pixels = 30'000;
  limits.max_jpeg_scans = 20;
  limits.max_metadata_bytes = 100'000;
  return limits;
}

void check(bool ok) {
  if (!ok) std::abort();
}

EqualizeOptions options_for(Channels channels) {
  EqualizeOptions options;
  options.channels = channels;
  options.limits = small_limits();
  return options;
}

/// The result must be an image of the same size, with both memory budgets.
void equalize_all_ways(const ByteSource& source, Channels channels) {
  EqualizeOptions options = options_for(channels);
  MemorySink kept;
  const auto report = equalize(source, kept, Format::jpeg, options);
  const auto counted = analyze(source, options);
  check(report.has_value() == counted.has_value() || report.error().code == Errc::too_large ||
        report.error().code == Errc::unsupported);
  if (!report) return;
  check(counted->pages[0].before == report->pages[0].before);

  const auto result = borrow_memory("result", kept.bytes());
  const auto again = analyze(*result, options);
  check(again.has_value());
  check(again->pages[0].width == report->pages[0].width && again->pages[0].height == report->pages[0].height);

  options.memory_bytes = std::uint64_t{1} << 20;
  MemorySink streamed;
  if (equalize(source, streamed, Format::jpeg, options)) check(streamed.bytes().size() > 0);
}

/// Reads rows for another format, as a conversion does.
void convert(const ByteSource& source, Channels channels) {
  const auto reader = open_image(source, {.channels = channels, .interleaved = true, .limits = small_limits()});
  if (!reader) return;
  static_cast<void>((*reader)->metadata());
  const PageInfo& page = (*reader)->pages()[0];
  if (page.decoder_bytes > (1U << 22)) return;
  MemorySink sink;
  const auto writer = create_image(Format::jpeg, **reader, sink, {.limits = small_limits()});
  const auto page_writer = (*writer)->begin_page(0, page);
  const auto blocks = (*page_writer)->open_blocks();
  const auto pass = (*reader)->read_page(0);
  Block block;
  for (std::size_t i = 0; i < page.block_count; ++i) {
    if (!(*pass)->read(i, block)) return;
    check((*blocks)->write(i, block).has_value());
  }
  check((*page_writer)->finish().has_value());
  const auto result = borrow_memory("result", sink.bytes());
  check(analyze(*result, options_for(channels)).has_value());
}

/// As a strip of a TIFF: the input may start with a stream of tables.
void as_strip(Bytes bytes, jpeg::ColorModel color, jpeg::OutputMode output) {
  const jpeg::StreamOptions options{.color = color,
                                    .output = output,
                                    .max_width = 300,
                                    .max_height = 100,
                                    .max_decoder_bytes = 1U << 22,
                                    .limits = small_limits()};
  const auto shared = as_text(bytes).find("\xFF\xD9\xFF\xD8");
  const bool has_tables = shared != std::string_view::npos;
  const auto codec = jpeg::StreamCodec::create(has_tables ? bytes.first(shared + 2) : Bytes{}, options);
  if (!codec) return;
  const Bytes stream = has_tables ? bytes.subspan(shared + 2) : bytes;
  Block block;
  const auto frame = (*codec)->inspect(stream);
  if (!(*codec)->decode(stream, block)) return;
  check(frame.has_value());
  std::vector<std::byte> again;
  if (!(*codec)->encode(block, output == jpeg::OutputMode::luma ? gray_frame(*frame) : *frame, again)) return;
  check(!again.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes bytes = std::as_bytes(std::span(data, size));
  const auto source = borrow_memory("input", bytes);
  switch (data[size - 1] % 8) {
    case 0: convert(*source, Channels::luma); break;
    case 1: equalize_all_ways(*source, Channels::luma); break;
    case 2: equalize_all_ways(*source, Channels::gray); break;
    case 3: equalize_all_ways(*source, Channels::each); break;
    case 4: convert(*source, Channels::gray); break;
    case 5: as_strip(bytes, jpeg::ColorModel::ycbcr, jpeg::OutputMode::planes); break;
    case 6: as_strip(bytes, jpeg::ColorModel::rgb, jpeg::OutputMode::rgb_rows); break;
    case 7: as_strip(bytes, jpeg::ColorModel::ycbcr, jpeg::OutputMode::luma); break;
    default: break;
  }
  return 0;
}
