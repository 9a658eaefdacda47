#include "markers.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace ece465::image::jpeg {
namespace {

using namespace std::string_view_literals;

enum Marker : int {
  kSof0 = 0xC0,
  kDht = 0xC4,
  kJpg = 0xC8,
  kSof15 = 0xCF,
  kDac = 0xCC,
  kRst0 = 0xD0,
  kSoi = 0xD8,
  kEoi = 0xD9,
  kSos = 0xDA,
  kApp0 = 0xE0,
  kApp15 = 0xEF,
  kSof55 = 0xF7,
  kCom = 0xFE,
  kTem = 0x01,
};

struct Signature {
  int marker;
  SegmentKind kind;
  std::string_view text;
};
constexpr std::array<Signature, 8> kSignatures{{
    {kApp0, SegmentKind::jfif, "JFIF\0"sv},
    {kApp0 + 14, SegmentKind::adobe, "Adobe"sv},
    {kApp0 + 1, SegmentKind::exif, "Exif\0\0"sv},
    {kApp0 + 1, SegmentKind::xmp, "http://ns.adobe.com/xap/1.0/\0"sv},
    {kApp0 + 1, SegmentKind::extended_xmp, "http://ns.adobe.com/xmp/extension/\0"sv},
    {kApp0 + 2, SegmentKind::icc, "ICC_PROFILE\0"sv},
    {kApp0 + 2, SegmentKind::multi_picture, "MPF\0"sv},
    {kCom, SegmentKind::comment, ""sv},
}};
constexpr std::size_t kLongestSignature = 35;
constexpr std::uint64_t kMaxStrayBytes = 65'536;  // between two markers of the header
constexpr std::size_t kFrameBytes = 6;            // of a frame header before its components

/// Bytes of a source, one after the other.
class Cursor {
 public:
  explicit Cursor(const ByteSource& source) : source_(source) {}

  [[nodiscard]] std::uint64_t position() const { return start_ + at_; }
  void skip(std::size_t count) { at_ += count; }

  Result<unsigned> byte() {
    ECE465_ASSIGN(const Bytes next, peek(1));
    if (next.empty()) {
      return fail(Errc::corrupt, "ends early: no image data within its {} bytes", source_.size());
    }
    ++at_;
    return std::to_integer<unsigned>(next[0]);
  }
  Result<unsigned> word() {
    ECE465_ASSIGN(const unsigned high, byte());
    ECE465_ASSIGN(const unsigned low, byte());
    return high << 8 | low;
  }
  /// The next `count` bytes, fewer at the end; valid until the next call. `count`: at most the buffer's size.
  Result<Bytes> peek(std::size_t count) {
    if (at_ + count > filled_) {
      start_ += at_;
      at_ = 0;
      ECE465_ASSIGN(filled_, source_.read_at(start_, buffer_));
    }
    return Bytes(buffer_).subspan(at_, std::min(count, filled_ - at_));
  }

 private:
  const ByteSource& source_;
  std::array<std::byte, 4096> buffer_{};
  std::uint64_t start_ = 0;          // of the buffer in the source
  std::size_t at_ = 0, filled_ = 0;  // within the buffer; at_ may lie beyond it
};

bool is_frame(unsigned marker) {
  return marker >= kSof0 && marker <= kSof15 && marker != kDht && marker != kJpg && marker != kDac;
}

/// Refuses what libjpeg cannot decode, or would describe in its own terms.
Result<void> check_frame(unsigned marker, Cursor& cursor, const Limits& limits) {
  switch (marker) {
    case kSof0 + 3:
    case kSof0 + 11: return fail(Errc::unsupported, "is a lossless JPEG, which is not supported");
    case kSof0 + 5:
    case kSof0 + 6:
    case kSof0 + 7:
    case kSof0 + 13:
    case kSof0 + 14:
    case kSof0 + 15: return fail(Errc::unsupported, "is a hierarchical JPEG, which is not supported");
    case kSof55: return fail(Errc::unsupported, "is a JPEG-LS, which is not supported");
    default: break;
  }
  ECE465_ASSIGN(const unsigned bits, cursor.byte());
  ECE465_ASSIGN(const unsigned height, cursor.word());
  ECE465_ASSIGN(const unsigned width, cursor.word());
  if (bits != 8) return fail(Errc::unsupported, "is a JPEG of {} bits per sample; only 8 are supported", bits);
  if (width == 0) return fail(Errc::corrupt, "is 0 pixels wide");
  if (height == 0) {
    return fail(Errc::unsupported, "does not say its height (it comes after the image data), which is not supported");
  }
  constexpr unsigned kMaxSide = 65'500;  // libjpeg's JPEG_MAX_DIMENSION
  const std::uint32_t max_side = std::min(limits.max_side_pixels, kMaxSide);
  if (width > max_side || height > max_side) {
    return fail(Errc::too_large, "is {} x {} pixels; at most {} on a side are supported", width, height, max_side);
  }
  if (std::uint64_t{width} * height > limits.max_page_pixels) {
    return fail(Errc::too_large, "is {} x {} pixels; at most {} are allowed", width, height, limits.max_page_pixels);
  }
  return {};
}

Result<SegmentKind> kind_of(unsigned marker, std::size_t length, Cursor& cursor) {
  ECE465_ASSIGN(const Bytes start, cursor.peek(std::min(length, kLongestSignature)));
  for (const auto& signature : kSignatures) {
    if (static_cast<int>(marker) == signature.marker && as_text(start).starts_with(signature.text)) {
      return signature.kind;
    }
  }
  return SegmentKind::other;
}

/// The next marker's code, past padding and, as libjpeg does, past anything that is no marker.
Result<unsigned> next_marker(Cursor& cursor) {
  unsigned byte = 0;
  const std::uint64_t start = cursor.position();
  for (;;) {
    while (byte != 0xFF) {
      ECE465_ASSIGN(byte, cursor.byte());
      if (cursor.position() - start > kMaxStrayBytes) {
        return fail(Errc::corrupt, "no marker follows within {} bytes of byte {}", kMaxStrayBytes, start);
      }
    }
    while (byte == 0xFF) {
      ECE465_ASSIGN(byte, cursor.byte());
    }
    if (byte != 0) return byte;
  }
}

}  // namespace

std::size_t signature_bytes(SegmentKind kind) {
  for (const auto& signature : kSignatures) {
    if (signature.kind == kind) return signature.text.size();
  }
  return 0;
}

Result<std::vector<Segment>> read_head(const ByteSource& source, const Limits& limits) {
  Cursor cursor(source);
  std::vector<Segment> segments;
  std::size_t metadata_bytes = 0;
  cursor.skip(2);  // SOI, which the caller has seen
  for (;;) {
    ECE465_ASSIGN(const unsigned marker, next_marker(cursor));
    if (marker == kTem || (marker >= kRst0 && marker <= kSoi)) continue;  // no content
    if (marker == kEoi) return fail(Errc::corrupt, "holds no image, only tables or metadata");
    if (marker == kSos) return segments;
    ECE465_ASSIGN(const unsigned with_length, cursor.word());
    if (with_length < 2)
      return fail(Errc::corrupt, "a segment at byte {} claims a length of {}", cursor.position() - 4, with_length);
    const std::size_t length = with_length - 2;
    const std::uint64_t content = cursor.position();
    if (is_frame(marker) || marker == kSof55) {
      if (length < kFrameBytes) return fail(Errc::corrupt, "its frame header is only {} bytes long", length);
      ECE465_TRY(check_frame(marker, cursor, limits));
    } else if ((marker >= kApp0 && marker <= kApp15) || marker == kCom) {
      ECE465_ASSIGN(const SegmentKind kind, kind_of(marker, length, cursor));
      metadata_bytes += length + sizeof(Segment);
      if (metadata_bytes > limits.max_metadata_bytes) {
        return fail(Errc::too_large, "carries more than {} MiB of metadata", limits.max_metadata_bytes >> 20);
      }
      segments.push_back({static_cast<int>(marker), kind, content, static_cast<std::uint16_t>(length)});
    }
    cursor.skip(static_cast<std::size_t>(content + length - cursor.position()));
  }
}

Result<std::vector<std::byte>> read_segment(const ByteSource& source, const Segment& segment) {
  std::vector<std::byte> content(segment.length);
  ECE465_TRY(source.read_exactly(segment.offset, content));
  return content;
}

}  // namespace ece465::image::jpeg
