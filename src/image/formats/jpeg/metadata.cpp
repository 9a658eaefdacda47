#include "metadata.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <string_view>

namespace ece465::image::jpeg {
namespace {

constexpr std::size_t kMaxSegment = 65'533;  // bytes of content: the length has 16 bits and includes itself
constexpr double kInchesPerMetre = 1 / 0.0254;

/// The parts of a profile by number. A segment has the number (from 1), the number of parts, and the part (ICC.1, B.4).
using IccParts = std::map<unsigned, std::vector<std::byte>>;

std::vector<std::byte> join(const IccParts& parts) {
  std::vector<std::byte> profile;
  unsigned expected = 1;
  for (const auto& [number, part] : parts) {
    if (number != expected++) return {};  // a part is missing
    profile.insert(profile.end(), part.begin(), part.end());
  }
  return profile;
}

/// The JFIF segment: version (2 bytes), unit (1 byte), x and y density (2 bytes each).
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

/// Writes an APP1 segment (EXIF or XMP).
Result<void> write_app1(Encoder& encoder, SegmentKind kind, Bytes content, std::string_view name,
                        std::vector<std::string>& notes) {
  const Bytes prefix = as_bytes(signature(kind));
  if (content.empty()) return {};
  if (content.size() + prefix.size() > kMaxSegment) {
    notes.push_back(fmt::format("{} was dropped: it is too long for a JPEG", name));
    return {};
  }
  std::vector<std::byte> segment(prefix.begin(), prefix.end());
  segment.insert(segment.end(), content.begin(), content.end());
  return encoder.write_segment(JPEG_APP0 + 1, segment);
}

}  // namespace

Result<Metadata> read_metadata(const ByteSource& source, const std::vector<MarkerSegment>& segments) {
  Metadata metadata;
  IccParts icc;
  for (const MarkerSegment& segment : segments) {
    if (segment.kind == SegmentKind::other) continue;
    ECE465_ASSIGN(const auto whole, read_segment(source, segment));
    const Bytes content = Bytes(whole).subspan(std::min(whole.size(), signature(segment.kind).size()));
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
  ECE465_TRY(write_app1(encoder, SegmentKind::exif, metadata.exif, "EXIF", notes));
  ECE465_TRY(write_app1(encoder, SegmentKind::xmp, as_bytes(metadata.xmp), "XMP", notes));
  if (!metadata.icc.empty()) ECE465_TRY(encoder.write_icc(metadata.icc));
  for (const auto& comment : metadata.comments) {
    const Bytes text = as_bytes(comment);
    for (std::size_t at = 0; at < text.size(); at += kMaxSegment) {
      ECE465_TRY(encoder.write_segment(JPEG_COM, text.subspan(at, std::min(kMaxSegment, text.size() - at))));
    }
  }
  return {};
}

}  // namespace ece465::image::jpeg
