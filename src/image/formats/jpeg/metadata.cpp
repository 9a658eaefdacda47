#include "metadata.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <string_view>

namespace ece465::image::jpeg {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxSegment = 65'533;
constexpr std::string_view kExif = "Exif\0\0"sv;
constexpr std::string_view kXmp = "http://ns.adobe.com/xap/1.0/\0"sv;
constexpr double kInchesPerMetre = 1 / 0.0254;
constexpr int kExifMarker = JPEG_APP0 + 1;

/// "ICC_PROFILE\0", a sequence number from 1, the number of segments, and that part of the profile.
using IccParts = std::map<unsigned, std::vector<std::byte>>;

std::vector<std::byte> join(const IccParts& parts) {
  std::vector<std::byte> profile;
  unsigned expected = 1;
  for (const auto& [number, part] : parts) {
    if (number != expected++) return {};  // one is missing: no profile
    profile.insert(profile.end(), part.begin(), part.end());
  }
  return profile;
}

/// JFIF: version (2 bytes), unit, x and y density.
void read_density(Bytes jfif, Metadata& metadata) {
  if (jfif.size() < 7) return;
  const double x = load<std::uint16_t>(jfif.data() + 3, std::endian::big);
  const double y = load<std::uint16_t>(jfif.data() + 5, std::endian::big);
  const auto unit = std::to_integer<int>(jfif[2]);
  const double per_metre = unit == 1 ? kInchesPerMetre : unit == 2 ? 100 : 0;
  if (x == 0 || y == 0) return;
  metadata.x_density = x * per_metre;
  metadata.y_density = y * per_metre;
}

Result<void> write_prefixed(Encoder& encoder, std::string_view prefix, Bytes content) {
  std::vector<std::byte> segment;
  segment.reserve(prefix.size() + content.size());
  std::ranges::copy(as_bytes(prefix), std::back_inserter(segment));
  std::ranges::copy(content, std::back_inserter(segment));
  return encoder.write_segment(kExifMarker, segment);
}

}  // namespace

Result<Metadata> read_metadata(const ByteSource& source, const std::vector<Segment>& segments) {
  Metadata metadata;
  IccParts icc;
  for (const Segment& segment : segments) {
    if (segment.kind == SegmentKind::other) continue;
    ECE465_ASSIGN(const auto whole, read_segment(source, segment));
    const Bytes content = Bytes(whole).subspan(std::min(whole.size(), signature_bytes(segment.kind)));
    switch (segment.kind) {
      case SegmentKind::jfif: read_density(content, metadata); break;
      case SegmentKind::exif:
        if (metadata.exif.empty()) metadata.exif.assign(content.begin(), content.end());
        break;
      case SegmentKind::xmp:
        if (metadata.xmp.empty()) metadata.xmp = as_text(content);
        break;
      case SegmentKind::icc:
        if (content.size() > 2) {
          icc.try_emplace(std::to_integer<unsigned>(content[0]), content.begin() + 2, content.end());
        }
        break;
      case SegmentKind::comment: metadata.comments.emplace_back(as_text(content)); break;
      default: break;
    }
  }
  metadata.icc = join(icc);
  return metadata;
}

EncoderSettings::Density density_of(const Metadata& metadata) {
  const auto per_inch = [](double per_metre) {
    return static_cast<std::uint16_t>(std::clamp(std::round(per_metre / kInchesPerMetre), 0.0, 65'535.0));
  };
  const EncoderSettings::Density density{per_inch(metadata.x_density), per_inch(metadata.y_density)};
  if (density.x == 0 || density.y == 0) return {};
  return density;
}

Result<void> write_metadata(Encoder& encoder, const Metadata& metadata, std::vector<std::string>& notes) {
  if (!metadata.exif.empty()) {
    if (metadata.exif.size() + kExif.size() > kMaxSegment) {
      notes.emplace_back("EXIF was dropped: it is too long for a JPEG");
    } else {
      ECE465_TRY(write_prefixed(encoder, kExif, metadata.exif));
    }
  }
  if (!metadata.xmp.empty()) {
    if (metadata.xmp.size() + kXmp.size() > kMaxSegment) {
      notes.emplace_back("XMP was dropped: it is too long for a JPEG");
    } else {
      ECE465_TRY(write_prefixed(encoder, kXmp, as_bytes(metadata.xmp)));
    }
  }
  if (!metadata.icc.empty()) ECE465_TRY(encoder.write_icc(metadata.icc));
  for (const auto& comment : metadata.comments) {
    const Bytes text = as_bytes(comment);
    for (std::size_t at = 0; at < text.size(); at += kMaxSegment) {
      ECE465_TRY(encoder.write_segment(JPEG_COM, text.subspan(at, std::min(kMaxSegment, text.size() - at))));
    }
  }
  return {};
}

bool is_rgb_profile(Bytes profile_start) {
  constexpr std::size_t kColorSpaceAt = 16;  // ICC.1:2010, 7.2.6
  return profile_start.size() >= kColorSpaceAt + 4 && as_text(profile_start.subspan(kColorSpaceAt, 4)) == "RGB ";
}

}  // namespace ece465::image::jpeg
