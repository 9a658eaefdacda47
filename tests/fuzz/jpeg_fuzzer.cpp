#include <cstdint>
#include <cstdlib>

#include "ece465/image/equalize.hpp"
#include "formats/jpeg/stream_codec.hpp"

// The JPEG reader and writer against any file. The last byte (which lies behind the end of a well-formed file, or
// is its end) chooses what is done; beside crashes, each part looks for a broken promise.

using namespace ece465;
using namespace ece465::image;

namespace {

/// Pictures small enough for thousands of runs a second.
constexpr Limits small_limits() {
  Limits limits;
  limits.max_side_pixels = 300;
  limits.max_page_pixels = 30'000;
  limits.max_jpeg_scans = 20;
  limits.max_metadata_bytes = 100'000;
  return limits;
}

void promise(bool kept) {
  if (!kept) std::abort();
}

EqualizeOptions options_for(Channels channels) {
  EqualizeOptions options;
  options.channels = channels;
  options.limits = small_limits();
  return options;
}

/// What comes out must be a picture of the same size, and must not depend on the memory.
void equalize_all_ways(const ByteSource& source, Channels channels) {
  EqualizeOptions options = options_for(channels);
  MemorySink kept;
  const auto report = equalize(source, kept, Format::jpeg, options);
  const auto counted = analyze(source, options);
  promise(report.has_value() == counted.has_value() || report.error().code == Errc::too_large ||
          report.error().code == Errc::unsupported);
  if (!report) return;
  promise(counted->pages[0].before == report->pages[0].before);

  const auto result = borrow_memory("result", kept.bytes());
  const auto again = analyze(*result, options);
  promise(again.has_value());
  promise(again->pages[0].width == report->pages[0].width && again->pages[0].height == report->pages[0].height);

  options.memory_bytes = std::uint64_t{1} << 20;
  MemorySink streamed;
  if (equalize(source, streamed, Format::jpeg, options)) promise(streamed.bytes().size() > 0);
}

/// As rows for another format, which is what converting does.
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
    promise((*blocks)->write(i, block).has_value());
  }
  promise((*page_writer)->finish().has_value());
  const auto result = borrow_memory("result", sink.bytes());
  promise(analyze(*result, options_for(channels)).has_value());
}

/// As a strip: the input's first half may hold tables.
void as_strip(Bytes bytes, jpeg::ColorModel color, jpeg::Delivery delivery) {
  const jpeg::StreamTraits traits{.color = color,
                                  .delivery = delivery,
                                  .max_width = 300,
                                  .max_height = 100,
                                  .max_decoder_bytes = 1U << 22,
                                  .limits = small_limits()};
  const auto shared = as_text(bytes).find("\xFF\xD9\xFF\xD8");
  const bool has_tables = shared != std::string_view::npos;
  const auto codec = jpeg::StreamCodec::create(has_tables ? bytes.first(shared + 2) : Bytes{}, traits);
  if (!codec) return;
  const Bytes stream = has_tables ? bytes.subspan(shared + 2) : bytes;
  Block block;
  const auto frame = (*codec)->inspect(stream);
  if (!(*codec)->decode(stream, block)) return;
  promise(frame.has_value());
  std::vector<std::byte> again;
  if (!(*codec)->encode(block, delivery == jpeg::Delivery::luma ? gray_frame(*frame) : *frame, again)) return;
  promise(!again.empty());
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
    case 5: as_strip(bytes, jpeg::ColorModel::ycbcr, jpeg::Delivery::planes); break;
    case 6: as_strip(bytes, jpeg::ColorModel::rgb, jpeg::Delivery::rgb_rows); break;
    case 7: as_strip(bytes, jpeg::ColorModel::ycbcr, jpeg::Delivery::luma); break;
    default: break;
  }
  return 0;
}
