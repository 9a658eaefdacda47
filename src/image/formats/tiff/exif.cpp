#include "exif.hpp"

#include <algorithm>
#include <cmath>

#include "page_tags.hpp"

namespace ece465::image::tiff {
namespace {

/// A JPEG segment has 65,533 bytes, including "Exif\0\0"; rounded down.
constexpr std::size_t kMaxExif = 65'500;
/// If not everything fits, larger values are omitted: maker's notes and previews, usually of several KiB, while text
/// and numbers are smaller than this.
constexpr std::uint64_t kLargeValue = 1024;
constexpr double kMetresPerInch = 0.0254;

/// Whether a tag of the first directory describes the image rather than its storage in this file.
bool is_descriptive(std::uint16_t number) {
  switch (number) {
    case tag::kDocumentName:
    case tag::kImageDescription:
    case tag::kMake:
    case tag::kModel:
    case tag::kOrientation:
    case tag::kXResolution:
    case tag::kYResolution:
    case tag::kPageName:
    case tag::kResolutionUnit:
    case tag::kSoftware:
    case tag::kDateTime:
    case tag::kArtist:
    case tag::kHostComputer:
    case tag::kRating:
    case tag::kCopyright:
    case tag::kXpTitle:
    case tag::kXpComment:
    case tag::kXpAuthor:
    case tag::kXpKeywords:
    case tag::kXpSubject: return true;
    default: return false;
  }
}

/// Copies a directory and those that it points to into another file, with new indices.
class TreeCopier {
 public:
  TreeCopier(const Structure& structure, const ValueReader& values, DirectoryWriter& writer, std::size_t first_free,
             std::uint64_t max_value_bytes)
      : structure_(structure), values_(values), writer_(writer), next_(first_free), max_value_bytes_(max_value_bytes) {}

  /// The tags and links of the first directory that describe the image.
  Result<NewDirectory> copy_root() {
    const Directory& root = structure_.directories[structure_.chain.front()];
    return copy(root, &is_descriptive);
  }

 private:
  Result<NewDirectory> copy(const Directory& directory, bool (*wanted)(std::uint16_t)) {
    NewDirectory copied;
    for (const Entry& entry : directory.entries) {
      // BigTIFF's types are invalid in classic files.
      if (!wanted(entry.tag) || entry.type > type::kIfd || entry.bytes() > max_value_bytes_) continue;
      ECE465_ASSIGN(const NewEntry same, writer_.copy(entry, values_));
      copied.entries.push_back(same);
    }
    for (const Link& link : directory.links) {
      if (link.tag != tag::kExifIfd && link.tag != tag::kGpsIfd && link.tag != tag::kInteropIfd) continue;
      const std::size_t index = next_++;
      const Directory& target = structure_.directories[link.chains.front().front()];
      ECE465_ASSIGN(NewDirectory below, copy(target, [](std::uint16_t) { return true; }));
      writer_.put(index, std::move(below));
      copied.links.push_back({.tag = link.tag, .type = type::kLong, .chains = {{index}}});
    }
    return copied;
  }

  const Structure& structure_;
  const ValueReader& values_;
  DirectoryWriter& writer_;
  std::size_t next_;
  std::uint64_t max_value_bytes_;
};

Result<std::vector<std::byte>> make_exif(const Structure& structure, const ValueReader& values,
                                         std::uint64_t max_value_bytes) {
  MemorySink sink;
  DirectoryWriter writer(sink, {.order = structure.encoding.order, .big = false});
  ECE465_ASSIGN(NewDirectory root, TreeCopier(structure, values, writer, 1, max_value_bytes).copy_root());
  if (root.entries.empty() && root.links.empty()) return std::vector<std::byte>();
  writer.put(0, std::move(root));
  ECE465_TRY(writer.finish({0}));
  return sink.bytes();
}

Result<double> pixels_per_metre(const Directory& directory, const ValueReader& values, std::uint16_t number) {
  const Entry* resolution = directory.find(number);
  const Entry* unit_entry = directory.find(tag::kResolutionUnit);
  if (resolution == nullptr) return 0.0;
  constexpr std::uint64_t kInch = 2, kCentimetre = 3;
  std::uint64_t unit = kInch;
  if (unit_entry != nullptr) {
    ECE465_ASSIGN(unit, values.integer(*unit_entry));
  }
  ECE465_ASSIGN(const double value, values.rational(*resolution));
  return unit == kInch ? value / kMetresPerInch : unit == kCentimetre ? value * 100 : 0.0;
}

/// Stores the resolution in dots per inch if those are integers, else in dots per centimetre.
Result<void> store_resolution(const Metadata& metadata, DirectoryWriter& writer, NewDirectory& page) {
  const double inch_x = metadata.x_density * kMetresPerInch, inch_y = metadata.y_density * kMetresPerInch;
  constexpr double kMaxPerMetre = 4e7;  // beyond any device; the numerators below fit 32 bits
  const bool known = inch_x > 0 && inch_y > 0 && metadata.x_density < kMaxPerMetre && metadata.y_density < kMaxPerMetre;
  if (!known) return {};
  const auto is_round = [](double v) { return std::abs(v - std::round(v)) < 0.01 && std::round(v) > 0; };
  const bool inches = is_round(inch_x) && is_round(inch_y);
  const auto add = [&](std::uint16_t number, double inch, double metre) -> Result<void> {
    std::array<std::byte, 8> rational;
    const double numerator = inches ? std::round(inch) : std::round(metre);
    ece465::store(rational.data(), static_cast<std::uint32_t>(numerator), writer.encoding().order);
    ece465::store<std::uint32_t>(rational.data() + 4, inches ? 1 : 100, writer.encoding().order);
    ECE465_ASSIGN(const NewEntry entry, writer.store(number, type::kRational, 1, rational));
    page.entries.push_back(entry);
    return {};
  };
  ECE465_TRY(add(tag::kXResolution, inch_x, metadata.x_density));
  ECE465_TRY(add(tag::kYResolution, inch_y, metadata.y_density));
  ECE465_ASSIGN(const NewEntry unit, writer.store_integer(tag::kResolutionUnit, type::kShort, inches ? 2 : 3));
  page.entries.push_back(unit);
  return {};
}

/// Copies the tags of an EXIF structure. Omits an invalid structure with a note: it is no reason to reject the image.
Result<void> write_exif(const Metadata& metadata, std::size_t first_free, DirectoryWriter& writer, NewDirectory& page,
                        std::vector<std::string>& notes) {
  if (metadata.exif.empty()) return {};
  const auto source = borrow_memory("EXIF", metadata.exif);
  if (format_of_content(metadata.exif) != Format::tiff) {
    notes.emplace_back("EXIF was dropped: it is not a TIFF structure");
    return {};
  }
  const Limits limits;
  const auto structure = read_structure(*source, limits);
  if (!structure) {
    notes.push_back(fmt::format("EXIF was dropped: {}", structure.error().text()));
    return {};
  }
  const ValueReader values(*source, structure->encoding);
  TreeCopier copier(*structure, values, writer, first_free, metadata.exif.size());
  ECE465_ASSIGN(NewDirectory root, copier.copy_root());
  page.entries.insert(page.entries.end(), root.entries.begin(), root.entries.end());
  page.links.insert(page.links.end(), root.links.begin(), root.links.end());
  return {};
}

}  // namespace

Result<Metadata> read_metadata(const Structure& structure, const ValueReader& values, const Limits& limits) {
  const Directory& root = structure.directories[structure.chain.front()];
  Metadata metadata;
  ECE465_ASSIGN(metadata.exif, make_exif(structure, values, kMaxExif));
  if (metadata.exif.size() > kMaxExif) {
    ECE465_ASSIGN(metadata.exif, make_exif(structure, values, kLargeValue));
  }
  if (metadata.exif.size() > kMaxExif) metadata.exif.clear();
  if (const Entry* icc = root.find(tag::kIcc)) {
    ECE465_ASSIGN(metadata.icc, values.bytes(*icc, limits.max_metadata_bytes));
  }
  if (const Entry* xmp = root.find(tag::kXmp)) {
    ECE465_ASSIGN(const auto packet, values.bytes(*xmp, limits.max_metadata_bytes));
    metadata.xmp = as_text(packet);
  }
  ECE465_ASSIGN(metadata.x_density, pixels_per_metre(root, values, tag::kXResolution));
  ECE465_ASSIGN(metadata.y_density, pixels_per_metre(root, values, tag::kYResolution));
  return metadata;
}

std::endian order_for(const Metadata& metadata) {
  return !metadata.exif.empty() && metadata.exif[0] == std::byte{'M'} ? std::endian::big : std::endian::little;
}

Result<void> write_metadata(const Metadata& metadata, unsigned colors, std::size_t first_free, DirectoryWriter& writer,
                            NewDirectory& page, std::vector<std::string>& notes) {
  ECE465_TRY(write_exif(metadata, first_free, writer, page, notes));
  const auto has = [&](std::uint16_t number) {
    return std::ranges::find(page.entries, number, &NewEntry::tag) != page.entries.end();
  };
  const auto add = [&](std::uint16_t number, std::uint16_t field_type, Bytes value) -> Result<void> {
    ECE465_ASSIGN(const NewEntry entry, writer.store(number, field_type, value.size(), value));
    page.entries.push_back(entry);
    return {};
  };
  if (!has(tag::kXResolution)) ECE465_TRY(store_resolution(metadata, writer, page));
  if (!metadata.icc.empty()) {
    if (profile_fits(metadata.icc, colors)) {
      ECE465_TRY(add(tag::kIcc, type::kUndefined, metadata.icc));
    } else {
      notes.emplace_back("the ICC profile was dropped: it is for another colour space");
    }
  }
  if (!metadata.xmp.empty()) ECE465_TRY(add(tag::kXmp, type::kByte, as_bytes(metadata.xmp)));
  if (!metadata.comments.empty() && !has(tag::kImageDescription)) {
    std::string text;
    for (const std::string& comment : metadata.comments) text += (text.empty() ? "" : "\n") + comment;
    text.push_back('\0');  // part of ASCII values
    ECE465_TRY(add(tag::kImageDescription, type::kAscii, as_bytes(text)));
  }
  return {};
}

}  // namespace ece465::image::tiff
