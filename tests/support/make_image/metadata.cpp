#include <bit>
#include <cstddef>
#include <string_view>

#include "ece465/base/bytes.hpp"
#include "make_image.hpp"

namespace ece465::testing {
namespace {

/// Bytes under construction, in one byte order.
class Bytestream {
 public:
  explicit Bytestream(std::endian order) : order_(order) {}
  template <class T>
  void put(T value) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    store(reinterpret_cast<std::byte*>(bytes_.data() + at), value, order_);
  }
  void text(std::string_view text) { bytes_.insert(bytes_.end(), text.begin(), text.end()); }
  void pad_to(std::size_t size) { bytes_.resize(std::max(size, bytes_.size())); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::vector<std::uint8_t>& bytes() { return bytes_; }

 private:
  std::endian order_;
  std::vector<std::uint8_t> bytes_;
};

/// One TIFF directory: its entries, followed by values of more than four bytes.
class Directory {
 public:
  explicit Directory(std::uint32_t offset) : offset_(offset) {}

  void add_short(std::uint16_t tag, std::uint16_t value) { entries_.push_back({tag, 3, 1, number(value, 2)}); }
  void add_long(std::uint16_t tag, std::uint32_t value) { entries_.push_back({tag, 4, 1, number(value, 4)}); }
  void add_text(std::uint16_t tag, std::string_view text) {
    std::string value(text);
    value.push_back('\0');
    entries_.push_back({tag, 2, static_cast<std::uint32_t>(value.size()), value});
  }
  void add_rational(std::uint16_t tag, std::uint32_t numerator, std::uint32_t denominator) {
    entries_.push_back({tag, 5, 1, number(numerator, 4) + number(denominator, 4)});
  }
  void add_undefined(std::uint16_t tag, std::string value) {
    entries_.push_back({tag, 7, static_cast<std::uint32_t>(value.size()), std::move(value)});
  }
  /// The directory and its values.
  [[nodiscard]] std::string bytes() const {
    std::string out = number(static_cast<std::uint32_t>(entries_.size()), 2), values;
    const std::size_t values_at = offset_ + 2 + entries_.size() * 12 + 4;
    for (const auto& e : entries_) {
      out += number(e.tag, 2) + number(e.type, 2) + number(e.count, 4);
      if (e.value.size() <= 4) {
        out += e.value + std::string(4 - e.value.size(), '\0');
      } else {
        out += number(static_cast<std::uint32_t>(values_at + values.size()), 4);
        values += e.value;
        if (values.size() % 2 != 0) values.push_back('\0');
      }
    }
    return out + number(0, 4) + values;
  }

 private:
  struct Entry {
    std::uint16_t tag, type;
    std::uint32_t count;
    std::string value;
  };
  static std::string number(std::uint32_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
    return out;
  }
  std::uint32_t offset_;
  std::vector<Entry> entries_;
};

}  // namespace

std::vector<std::uint8_t> make_exif() {
  using namespace std::string_view_literals;
  // Two passes: the offset of the EXIF directory depends on the length of the first.
  std::string first, exif;
  std::uint32_t exif_at = 0;
  for (int pass = 0; pass < 2; ++pass) {
    Directory ifd0(8);
    ifd0.add_text(0x010F, "ECE465");             // Make
    ifd0.add_text(0x0110, "Landscape painter");  // Model
    ifd0.add_short(0x0112, 6);                   // Orientation: rotate 90 clockwise
    ifd0.add_rational(0x011A, 300, 1);           // XResolution
    ifd0.add_rational(0x011B, 300, 1);           // YResolution
    ifd0.add_short(0x0128, 2);                   // ResolutionUnit: inch
    ifd0.add_text(0x0132, "2024:03:10 08:30:00");
    ifd0.add_long(0x8769, exif_at);
    first = ifd0.bytes();
    exif_at = static_cast<std::uint32_t>(8 + first.size());
  }
  Directory sub(exif_at);
  sub.add_rational(0x829A, 1, 250);  // ExposureTime
  sub.add_rational(0x829D, 56, 10);  // FNumber
  sub.add_short(0x8827, 200);        // ISO
  sub.add_undefined(0x9000, "0232");
  sub.add_text(0x9003, "2024:03:10 08:29:59");                                      // DateTimeOriginal
  sub.add_undefined(0x927C, std::string("a maker's note: opaque \x01\x02\xFF"sv));  // MakerNote
  sub.add_undefined(0x9286, std::string("ASCII\0\0\0low contrast, on purpose"sv));  // UserComment
  exif = sub.bytes();

  Bytestream out(std::endian::little);
  out.text("II");
  out.put(std::uint16_t{42});
  out.put(std::uint32_t{8});
  out.text(first);
  out.text(exif);
  return out.bytes();
}

// ICC.1:2001-04: a header of 128 bytes, a table of tags, the tags. The curves are gamma 2.2.
std::vector<std::uint8_t> make_icc(bool rgb, std::size_t bytes) {
  struct Tag {
    std::string_view name;
    std::vector<std::uint8_t> data;
  };
  const auto text = [](std::string_view kind, std::string_view value) {
    Bytestream out(std::endian::big);
    out.text(kind);
    out.put(std::uint32_t{0});
    if (kind == "desc") out.put(static_cast<std::uint32_t>(value.size() + 1));
    out.text(value);
    out.put(std::uint8_t{0});
    if (kind == "desc") out.pad_to(out.size() + 78);  // empty Unicode and ScriptCode descriptions
    return out.bytes();
  };
  const auto xyz = [](std::uint32_t x, std::uint32_t y, std::uint32_t z) {
    Bytestream out(std::endian::big);
    out.text("XYZ ");
    for (const std::uint32_t v : {0U, x, y, z}) out.put(v);
    return out.bytes();
  };
  Bytestream curve(std::endian::big);
  curve.text("curv");
  curve.put(std::uint32_t{0});
  curve.put(std::uint32_t{1});
  curve.put(std::uint16_t{0x0233});  // 2.2 as u8Fixed8

  std::vector<Tag> tags{{"desc", text("desc", "ECE465 test profile")},
                        {"cprt", text("text", "No copyright, use freely")},
                        {"wtpt", xyz(0xF6D6, 0x10000, 0xD32D)}};
  if (rgb) {
    tags.push_back({"rXYZ", xyz(0x6FA2, 0x38F5, 0x0390)});  // sRGB's primaries, adapted to D50
    tags.push_back({"gXYZ", xyz(0x6299, 0xB785, 0x18DA)});
    tags.push_back({"bXYZ", xyz(0x24A0, 0x0F84, 0xB6CF)});
    for (const auto* name : {"rTRC", "gTRC", "bTRC"}) tags.push_back({name, curve.bytes()});
  } else {
    tags.push_back({"kTRC", curve.bytes()});
  }
  std::size_t size = 128 + 4 + tags.size() * 12;
  for (const auto& tag : tags) size += (tag.data.size() + 3) / 4 * 4;
  if (bytes > size) {
    const std::size_t table_entry = 12;
    std::vector<std::uint8_t> ballast(
        std::max<std::size_t>((bytes - std::min(bytes, size + table_entry) + 3) / 4 * 4, 8));
    for (std::size_t i = 8; i < ballast.size(); ++i) ballast[i] = static_cast<std::uint8_t>(i * 31 >> 3);
    std::copy_n("data", 4, ballast.begin());
    size += table_entry + ballast.size();
    tags.push_back({"ECEx", std::move(ballast)});
  }

  Bytestream out(std::endian::big);
  out.put(static_cast<std::uint32_t>(size));
  out.text("ECE4");
  out.put(std::uint32_t{0x02400000});  // version 2.4
  out.text("mntr");
  out.text(rgb ? "RGB " : "GRAY");
  out.text("XYZ ");
  for (const int v : {2024, 3, 10, 8, 30, 0}) out.put(static_cast<std::uint16_t>(v));
  out.text("acsp");
  out.pad_to(68);
  for (const std::uint32_t v : {0xF6D6U, 0x10000U, 0xD32DU}) out.put(v);  // D50, the connection space's white
  out.pad_to(128);
  out.put(static_cast<std::uint32_t>(tags.size()));
  std::size_t at = 128 + 4 + tags.size() * 12;
  for (const auto& tag : tags) {
    out.text(tag.name);
    out.put(static_cast<std::uint32_t>(at));
    out.put(static_cast<std::uint32_t>(tag.data.size()));
    at += (tag.data.size() + 3) / 4 * 4;
  }
  for (const auto& tag : tags) {
    out.bytes().insert(out.bytes().end(), tag.data.begin(), tag.data.end());
    out.pad_to((out.size() + 3) / 4 * 4);
  }
  return out.bytes();
}

const std::string& xmp_packet() {
  static const std::string packet =
      "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"
      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
      "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">"
      "<dc:source>A painted landscape</dc:source></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"w\"?>";
  return packet;
}

const std::string& comment_text() {
  static const std::string text = "hazy hills at dawn";
  return text;
}

}  // namespace ece465::testing
