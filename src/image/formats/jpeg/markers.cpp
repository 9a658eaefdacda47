#include "markers.hpp"

#include <algorithm>
#include <array>

#include "frame.hpp"

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
constexpr std::size_t kLongestSignature =
    std::ranges::max(kSignatures, {}, [](const Signature& s) { return s.text.size(); }).text.size();
/// Between two markers. Files in use have none or a few; without a bound, noise would be read to its end.
constexpr std::uint64_t kMaxStrayBytes = 65'536;
constexpr std::size_t kFrameBytes = 6;  // of a frame header before its components (T.81, B.2.2)

/// Reads a source sequentially.
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
  /// The next `count` bytes (at most the buffer's size), fewer at the end. Valid until the next call.
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

/// Rejects frames that libjpeg cannot decode, or would reject with a message that does not help the user.
Result<void> check_frame(unsigned marker, Cursor& cursor, const Limits& limits) {
  switch (marker) {
    case kSof0 + 3:
    case kSof0 + 11: return fail(Errc::unsupported, "lossless JPEG is not supported");
    case kSof0 + 5:
    case kSof0 + 6:
    case kSof0 + 7:
    case kSof0 + 13:
    case kSof0 + 14:
    case kSof0 + 15: return fail(Errc::unsupported, "hierarchical JPEG is not supported");
    case kSof55: return fail(Errc::unsupported, "JPEG-LS is not supported");
    default: break;
  }
  ECE465_ASSIGN(const unsigned bits, cursor.byte());
  ECE465_ASSIGN(const unsigned height, cursor.word());
  ECE465_ASSIGN(const unsigned width, cursor.word());
  if (bits != 8) return fail(Errc::unsupported, "JPEG with {} bits per sample is not supported, only 8", bits);
  if (width == 0) return fail(Errc::corrupt, "the image is 0 pixels wide");
  if (height == 0) return fail(Errc::unsupported, "a height that follows the image data (DNL) is not supported");
  const std::uint32_t max_side = std::min(limits.max_side_pixels, kMaxSide);
  if (width > max_side || height > max_side) {
    return fail(Errc::too_large, "{} x {} pixels exceed the limit of {} per side", width, height, max_side);
  }
  if (std::uint64_t{width} * height > limits.max_page_pixels) {
    return fail(Errc::too_large, "{} x {} pixels exceed the limit of {}", width, height, limits.max_page_pixels);
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

/// The next marker's code. Skips padding and, like libjpeg, anything that is not a marker.
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

std::string_view signature(SegmentKind kind) {
  const auto* found = std::ranges::find(kSignatures, kind, &Signature::kind);
  return found == kSignatures.end() ? std::string_view() : found->text;
}

Result<std::vector<MarkerSegment>> find_segments(const ByteSource& source, const Limits& limits) {
  Cursor cursor(source);
  std::vector<MarkerSegment> segments;
  std::size_t metadata_bytes = 0;
  cursor.skip(2);  // SOI, which the caller has checked
  for (;;) {
    ECE465_ASSIGN(const unsigned marker, next_marker(cursor));
    if (marker == kTem || (marker >= kRst0 && marker <= kSoi)) continue;  // no content
    if (marker == kEoi) return fail(Errc::corrupt, "contains no image, only tables or metadata");
    if (marker == kSos) return segments;
    ECE465_ASSIGN(const unsigned with_length, cursor.word());
    if (with_length < 2) {
      return fail(Errc::corrupt, "the segment at byte {} has a length of {}", cursor.position() - 4, with_length);
    }
    const std::size_t length = with_length - 2;
    const std::uint64_t content = cursor.position();
    if (is_frame(marker) || marker == kSof55) {
      if (length < kFrameBytes) return fail(Errc::corrupt, "the frame header is only {} bytes long", length);
      ECE465_TRY(check_frame(marker, cursor, limits));
    } else if ((marker >= kApp0 && marker <= kApp15) || marker == kCom) {
      ECE465_ASSIGN(const SegmentKind kind, kind_of(marker, length, cursor));
      metadata_bytes += length + sizeof(MarkerSegment);
      if (metadata_bytes > limits.max_metadata_bytes) {
        return fail(Errc::too_large, "more than {} MiB of metadata", limits.max_metadata_bytes >> 20);
      }
      segments.push_back({static_cast<int>(marker), kind, content, static_cast<std::uint16_t>(length)});
    }
    cursor.skip(static_cast<std::size_t>(content + length - cursor.position()));
  }
}

Result<std::vector<std::byte>> read_segment(const ByteSource& source, const MarkerSegment& segment) {
  std::vector<std::byte> content(segment.length);
  ECE465_TRY(source.read_exactly(segment.offset, content));
  return content;
}

}  // namespace ece465::image::jpeg
