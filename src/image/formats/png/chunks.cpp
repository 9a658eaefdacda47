#include "chunks.hpp"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace ece465::image::png {
namespace {

constexpr std::uint32_t kMaxChunkLength = 0x7FFFFFFF;
constexpr std::uint32_t kHeaderLength = 13;
/// Memory per chunk besides its data, so that a file with a million empty chunks exceeds the metadata limit, too.
constexpr std::size_t kChunkOverhead = 64;
/// The maximum of deflate: 258 bytes from one bit for the length and one for the distance. A header that claims more
/// pixels than the image data can hold at this ratio is rejected before memory is allocated for them.
constexpr std::uint64_t kMaxDeflateRatio = 1032;

/// Buffers reads of small records. Some writers make chunks of 8 KiB, others of a few bytes: a file may have a million.
class Window {
 public:
  static constexpr std::size_t kBytes = 4096;

  explicit Window(const ByteSource& source) : source_(source) {}

  Result<Bytes> at(std::uint64_t offset, std::size_t size) {
    if (offset < begin_ || offset + size > begin_ + filled_) {
      begin_ = offset;
      ECE465_ASSIGN(filled_, source_.read_at(offset, bytes_));
      if (filled_ < size) return fail(Errc::corrupt, "ends early, at byte {}: no IEND chunk", source_.size());
    }
    return Bytes(bytes_).subspan(static_cast<std::size_t>(offset - begin_), size);
  }

 private:
  const ByteSource& source_;
  std::uint64_t begin_ = 0;
  std::size_t filled_ = 0;
  std::array<std::byte, kBytes> bytes_{};
};

std::uint32_t big_endian(Bytes bytes, std::size_t at = 0) {
  return load<std::uint32_t>(bytes.data() + at, std::endian::big);
}

bool is_valid_depth(ColorType type, unsigned bits) {
  switch (type) {
    case ColorType::gray: return bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
    case ColorType::palette: return bits == 1 || bits == 2 || bits == 4 || bits == 8;
    case ColorType::rgb:
    case ColorType::gray_alpha:
    case ColorType::rgb_alpha: return bits == 8 || bits == 16;
  }
  return false;
}

Result<Header> parse_header(Bytes ihdr, const Limits& limits) {
  const auto byte = [&](std::size_t at) { return std::to_integer<std::uint8_t>(ihdr[at]); };
  const Header header{.width = big_endian(ihdr),
                      .height = big_endian(ihdr, 4),
                      .bit_depth = byte(8),
                      .color_type = static_cast<ColorType>(byte(9)),
                      .interlaced = byte(12) == 1};
  if (header.width == 0 || header.height == 0 || header.width > kMaxChunkLength || header.height > kMaxChunkLength) {
    return fail(Errc::corrupt, "the header claims {} x {} pixels", header.width, header.height);
  }
  if (header.width > limits.max_side_pixels || header.height > limits.max_side_pixels ||
      std::uint64_t{header.width} * header.height > limits.max_page_pixels) {
    return fail(Errc::too_large, "the header claims {} x {} pixels; the limit is {} a side", header.width,
                header.height, limits.max_side_pixels);
  }
  if (!is_valid_depth(header.color_type, header.bit_depth)) {
    return fail(Errc::corrupt, "the header claims colour type {} with {} bits", byte(9), header.bit_depth);
  }
  if (byte(10) != 0 || byte(11) != 0 || byte(12) > 1) {
    return fail(Errc::unsupported, "unknown compression {}, filter {} or interlace {} method", byte(10), byte(11),
                byte(12));
  }
  return header;
}

/// The number of bytes that the IDATs unpack to: rows of every pass, each with its filter byte.
std::uint64_t raw_bytes(const Header& header) {
  if (!header.interlaced) return header.height * (header.row_bytes(header.width) + 1);
  std::uint64_t sum = 0;
  for (const Pass& pass : kAdam7) {
    const std::uint32_t width = Pass::count(header.width, pass.x0, pass.dx);
    if (width != 0) sum += Pass::count(header.height, pass.y0, pass.dy) * (header.row_bytes(width) + 1);
  }
  return sum;
}

class Scanner {
 public:
  Scanner(const ByteSource& source, const Limits& limits) : source_(source), limits_(limits), window_(source) {}
  Result<Structure> run();

 private:
  Result<Chunk> chunk_at(std::uint64_t offset);
  Result<bool> is_intact(const Chunk& chunk);
  Result<void> start();
  Result<void> take(const Chunk& chunk);
  Result<void> take_palette(const Chunk& chunk);
  Result<void> take_transparency(const Chunk& chunk);
  Result<void> take_ancillary(const Chunk& chunk);
  Result<void> check_image();
  void note_damaged(const Chunk& chunk);

  const ByteSource& source_;
  const Limits& limits_;
  Window window_;
  Structure result_;
  ChunkName previous_ = 0;
  bool has_palette_ = false, has_transparency_ = false, has_image_ = false;
  std::size_t metadata_bytes_ = 0;
};

Result<Chunk> Scanner::chunk_at(std::uint64_t offset) {
  ECE465_ASSIGN(const Bytes head, window_.at(offset, 8));
  const Chunk chunk{.name = big_endian(head, 4), .length = big_endian(head), .offset = offset};
  const bool letters = std::ranges::all_of(
      head.subspan(4), [](std::byte b) { return std::isalpha(std::to_integer<unsigned char>(b)) != 0; });
  if (!letters || chunk.length > kMaxChunkLength) return fail(Errc::corrupt, "no chunk begins at byte {}", offset);
  if (chunk.whole_bytes() > source_.size() - offset) {
    return fail(Errc::corrupt, "ends early: the {} chunk at byte {} has {} bytes, but only {} are left",
                text(chunk.name), offset, chunk.length, source_.size() - offset - 8);
  }
  return chunk;
}

/// Whether the chunk's checksum matches its name and data.
Result<bool> Scanner::is_intact(const Chunk& chunk) {
  std::uint64_t at = chunk.offset + 4;
  const std::uint64_t end = chunk.data_offset() + chunk.length;
  uLong crc = crc32_z(0, nullptr, 0);
  while (at < end) {
    ECE465_ASSIGN(const Bytes piece, window_.at(at, std::min<std::uint64_t>(Window::kBytes, end - at)));
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
    at += piece.size();
  }
  ECE465_ASSIGN(const Bytes stored, window_.at(end, 4));
  return crc == big_endian(stored);
}

Result<void> Scanner::start() {
  ECE465_ASSIGN(const Chunk chunk, chunk_at(kSignature.size()));
  if (chunk.name == name("CgBI"))
    return fail(Errc::unsupported, "is in Apple's variant of PNG (CgBI), which is not supported");
  if (chunk.name != name("IHDR") || chunk.length != kHeaderLength) {
    return fail(Errc::corrupt, "begins with a {} chunk instead of IHDR", text(chunk.name));
  }
  ECE465_ASSIGN(const bool intact, is_intact(chunk));
  if (!intact) return fail(Errc::corrupt, "the header's checksum is wrong");
  ECE465_ASSIGN(const Bytes ihdr, window_.at(chunk.data_offset(), kHeaderLength));
  ECE465_ASSIGN(result_.header, parse_header(ihdr, limits_));
  return {};
}

Result<Structure> Scanner::run() {
  ECE465_TRY(start());
  std::uint64_t offset = kSignature.size() + kHeaderLength + 12;
  for (;;) {
    ECE465_ASSIGN(const Chunk chunk, chunk_at(offset));
    if (chunk.name == name("IEND")) break;  // what follows is not part of the image
    ECE465_TRY(take(chunk));
    previous_ = chunk.name;
    offset += chunk.whole_bytes();
  }
  ECE465_TRY(check_image());
  return std::move(result_);
}

Result<void> Scanner::take(const Chunk& chunk) {
  switch (chunk.name) {
    case name("IHDR"): return fail(Errc::corrupt, "has two IHDR chunks");
    case name("PLTE"): return take_palette(chunk);
    case name("tRNS"): return take_transparency(chunk);
    case name("IDAT"):
      if (!has_image_) {
        result_.chunks.push_back(chunk);
      } else if (previous_ != chunk.name) {
        return fail(Errc::corrupt, "the image data is interrupted before byte {}", chunk.offset);
      }
      has_image_ = true;
      result_.compressed_bytes += chunk.length;
      return {};
    default: break;
  }
  if (is_ancillary(chunk.name)) return take_ancillary(chunk);
  return fail(Errc::unsupported, "has a {} chunk, which is critical and unknown", text(chunk.name));
}

Result<void> Scanner::take_palette(const Chunk& chunk) {
  const std::size_t entries = chunk.length / 3;
  if (std::exchange(has_palette_, true)) return fail(Errc::corrupt, "has two palettes");
  if (has_image_) return fail(Errc::corrupt, "the palette follows the image data");
  if (chunk.length % 3 != 0 || entries == 0 || entries > 256) {
    return fail(Errc::corrupt, "the palette has {} bytes", chunk.length);
  }
  ECE465_ASSIGN(const bool intact, is_intact(chunk));
  if (!intact) return fail(Errc::corrupt, "the palette's checksum is wrong");
  if (!result_.header.is_color()) return {};  // has no meaning in a gray image
  result_.chunks.push_back(chunk);
  if (result_.header.color_type != ColorType::palette) return {};  // only a suggestion for displays with few colours
  ECE465_ASSIGN(const auto data, read_data(source_, chunk));
  const auto level = [&](std::size_t i) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(data[i]) * 257);
  };
  const std::size_t reachable = std::min(entries, std::size_t{1} << result_.header.bit_depth);
  for (std::size_t i = 0; i < 3 * reachable; i += 3) {
    result_.palette.push_back({.red = level(i), .green = level(i + 1), .blue = level(i + 2)});
  }
  return {};
}

Result<void> Scanner::take_transparency(const Chunk& chunk) {
  ECE465_ASSIGN(const bool intact, is_intact(chunk));
  const bool fits = [&] {
    switch (result_.header.color_type) {
      case ColorType::gray: return chunk.length == 2;
      case ColorType::rgb: return chunk.length == 6;
      case ColorType::palette: return chunk.length > 0 && chunk.length <= result_.palette.size();
      default: return false;
    }
  }();
  if (!intact || !fits || has_image_ || has_transparency_) {
    note_damaged(chunk);
    return {};
  }
  has_transparency_ = true;
  result_.chunks.push_back(chunk);
  ECE465_ASSIGN(result_.transparency, read_data(source_, chunk));
  for (std::size_t i = 0; i < result_.palette.size() && i < result_.transparency.size(); ++i) {
    result_.palette[i].alpha = static_cast<std::uint16_t>(std::to_integer<unsigned>(result_.transparency[i]) * 257);
  }
  return {};
}

Result<void> Scanner::take_ancillary(const Chunk& chunk) {
  metadata_bytes_ += chunk.length + kChunkOverhead;
  if (metadata_bytes_ > limits_.max_metadata_bytes) {
    return fail(Errc::too_large, "more than {} MiB of metadata", limits_.max_metadata_bytes >> 20);
  }
  ECE465_ASSIGN(const bool intact, is_intact(chunk));
  if (intact) {
    result_.chunks.push_back(chunk);
  } else {
    note_damaged(chunk);
  }
  return {};
}

void Scanner::note_damaged(const Chunk& chunk) {
  constexpr std::size_t kMaxNotes = 8;
  if (result_.notes.size() < kMaxNotes) {
    result_.notes.push_back(fmt::format("a damaged {} chunk was dropped", text(chunk.name)));
  }
}

Result<void> Scanner::check_image() {
  if (!has_image_) return fail(Errc::corrupt, "has no image data (IDAT)");
  if (result_.header.color_type == ColorType::palette && result_.palette.empty()) {
    return fail(Errc::corrupt, "the palette is missing");
  }
  if (raw_bytes(result_.header) / kMaxDeflateRatio > result_.compressed_bytes) {
    return fail(Errc::corrupt, "the header claims {} x {} pixels, but {} bytes of image data cannot hold them",
                result_.header.width, result_.header.height, result_.compressed_bytes);
  }
  return {};
}

}  // namespace

std::string text(ChunkName name) {
  std::string letters;
  for (const int shift : {24, 16, 8, 0}) {
    const char letter = static_cast<char>(name >> shift & 0xFF);
    letters += std::isalpha(static_cast<unsigned char>(letter)) != 0 ? letter : '?';
  }
  return letters;
}

std::size_t Header::samples() const {
  switch (color_type) {
    case ColorType::gray:
    case ColorType::palette: return 1;
    case ColorType::gray_alpha: return 2;
    case ColorType::rgb: return 3;
    case ColorType::rgb_alpha: return 4;
  }
  return 0;
}

std::uint64_t Header::row_bytes(std::uint32_t pixels) const {
  return (std::uint64_t{pixels} * samples() * bit_depth + 7) / 8;
}

const Chunk* Structure::find(ChunkName wanted) const {
  const auto found = std::ranges::find(chunks, wanted, &Chunk::name);
  return found == chunks.end() ? nullptr : &*found;
}

Result<Structure> scan(const ByteSource& source, const Limits& limits) { return Scanner(source, limits).run(); }

Result<std::vector<std::byte>> read_data(const ByteSource& source, const Chunk& chunk) {
  std::vector<std::byte> data(chunk.length);
  ECE465_TRY(source.read_exactly(chunk.data_offset(), data));
  return data;
}

}  // namespace ece465::image::png
