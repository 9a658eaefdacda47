#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "ece465/image/equalize.hpp"
#include "formats/png/band_encoder.hpp"
#include "formats/png/chunk_writer.hpp"
#include "formats/png/chunks.hpp"
#include "formats/png/deflate.hpp"

// Fuzzes the PNG reader and writer. The last byte (which follows the end of a well-formed file) selects the operation,
// and whether the IDATs hold rows that are to be compressed first: mutations of a deflate stream seldom reach the rows.
// Checksums are corrected for the same reason. Besides crashes, each part checks its postconditions.

using namespace ece465;
using namespace ece465::image;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

EqualizeOptions options_for(Channels channels) {
  EqualizeOptions options;
  options.channels = channels;
  // Small enough for thousands of runs per second.
  options.limits.max_page_pixels = 1 << 16;
  options.limits.max_side_pixels = 3000;
  options.limits.max_metadata_bytes = 100'000;
  return options;
}

void append(std::vector<std::byte>& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

std::vector<std::byte> packed(Bytes bytes) {
  uLongf size = compressBound(bytes.size());
  std::vector<std::byte> result(size);
  require(compress2(reinterpret_cast<Bytef*>(result.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                    bytes.size(), 1) == Z_OK);
  result.resize(size);
  return result;
}

/// The file with corrected checksums of all chunks, as far as it consists of chunks. `rows`: also compresses the
/// contents of its IDATs.
std::vector<std::byte> repaired(Bytes file, bool rows) {
  MemorySink sink;
  png::ChunkWriter output(sink);
  require(output.append(file.first(png::kSignature.size())).has_value());
  file = file.subspan(png::kSignature.size());
  std::vector<std::byte> image;
  while (file.size() >= 12) {
    const auto length = load<std::uint32_t>(file.data(), std::endian::big);
    const auto chunk = load<std::uint32_t>(file.data() + 4, std::endian::big);
    if (length > file.size() - 12) break;
    const Bytes data = file.subspan(8, length);
    const bool is_image = rows && chunk == png::name("IDAT");
    if (is_image) append(image, data);
    if (!is_image && !image.empty()) {
      require(output.append_chunk(png::name("IDAT"), packed(image)).has_value());
      image.clear();
    }
    if (!is_image) require(output.append_chunk(chunk, data).has_value());
    file = file.subspan(std::size_t{12} + length);
  }
  require(output.append(file).has_value());
  return sink.bytes();
}

/// Checks that the result is an image whose levels are those of the input, mapped by the tables.
void check_result(const MemorySink& sink, const EqualizeReport& report, Channels channels) {
  const auto result = borrow_memory("result", sink.bytes());
  const auto again = analyze(*result, options_for(channels));
  // It may exceed a limit that the input just met, but it must not be corrupt.
  if (!again) return require(again.error().code == Errc::too_large);
  const PageReport& was = report.pages[0];
  const PageReport& is = again->pages[0];
  require(is.width == was.width && is.height == was.height);
  const bool colors_are_clamped = was.layout.colors == 3 && channels == Channels::luma;
  if (was.palette || colors_are_clamped || report.output_format == Format::jpeg) return;
  require(is.before.size() == was.before.size());
  for (std::size_t i = 0; i < is.before.size(); ++i) {
    require(is.before[i] == map_histogram(was.before[i], was.tables[i]));
  }
}

/// Equalizes to PNG; the result must not depend on the memory budget.
void equalize_all_ways(const ByteSource& source, Channels channels) {
  EqualizeOptions options = options_for(channels);
  MemorySink kept;
  const auto report = equalize(source, kept, Format::png, options);
  const auto counted = analyze(source, options);
  require(report.has_value() == counted.has_value());
  if (!report) return;
  require(counted->pages[0].before == report->pages[0].before);
  check_result(kept, *report, channels);

  options.memory_bytes = options.limits.min_memory_bytes;
  MemorySink streamed;
  if (equalize(source, streamed, Format::png, options)) require(streamed.bytes() == kept.bytes());
}

void convert(const ByteSource& source, Format to, Channels channels) {
  MemorySink sink;
  const auto report = equalize(source, sink, to, options_for(channels));
  if (report) check_result(sink, *report, channels);
}

std::vector<std::byte> inflated(Bytes stream, std::size_t expected) {
  std::vector<std::byte> result(expected + 1);
  uLongf size = result.size();
  require(uncompress(reinterpret_cast<Bytef*>(result.data()), &size, reinterpret_cast<const Bytef*>(stream.data()),
                     stream.size()) == Z_OK);
  result.resize(size);
  return result;
}

/// Two parts, each made by one of the two compressors, must form a zlib stream of the bytes.
void compress_in_parts(Bytes bytes) {
  for (unsigned ways = 0; ways < 4; ++ways) {
    std::vector<std::byte> stream(png::kZlibHeader.begin(), png::kZlibHeader.end());
    std::uint32_t checksum = 1;
    for (unsigned part = 0; part < 2; ++part) {
      const std::size_t half = bytes.size() / 2;
      const Bytes now = part == 0 ? bytes.first(half) : bytes.subspan(half);
      Buffer out;
      if ((ways >> part & 1) == 0) {
        png::deflate_runs(now, part == 1, out);
      } else {
        require(png::deflate_matches(now, 6, part == 1, out).has_value());
      }
      append(stream, out.span());
      const uLong its = adler32_z(1, reinterpret_cast<const Bytef*>(now.data()), now.size());
      checksum = png::combined_checksum(checksum, static_cast<std::uint32_t>(its), now.size());
    }
    stream.resize(stream.size() + 4);
    store(stream.data() + stream.size() - 4, checksum, std::endian::big);
    const auto again = inflated(stream, bytes.size());
    require(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  }
  require(png::percent_repeated(bytes) <= 100);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < png::kSignature.size() + 1) return 0;
  const Bytes bytes = std::as_bytes(std::span(data, size));
  const unsigned choice = data[size - 1];
  if (choice / 2 % 8 == 7) {
    compress_in_parts(bytes.first(size - 1));
    return 0;
  }
  if (format_of_content(bytes) != Format::png) return 0;
  const auto mended_bytes = repaired(bytes, choice % 2 == 1);
  const auto source = borrow_memory("input", mended_bytes);
  switch (choice / 2 % 8) {
    case 0: equalize_all_ways(*source, Channels::luma); break;
    case 1: equalize_all_ways(*source, Channels::gray); break;
    case 2: equalize_all_ways(*source, Channels::each); break;
    case 3: convert(*source, Format::tiff, Channels::luma); break;
    case 4: convert(*source, Format::tiff, Channels::each); break;
    case 5: convert(*source, Format::jpeg, Channels::gray); break;
    case 6: equalize_all_ways(*borrow_memory("input", bytes), Channels::luma); break;  // damaged as it is
    default: break;
  }
  return 0;
}
