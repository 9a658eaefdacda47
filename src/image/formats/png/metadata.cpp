#include "metadata.hpp"

#include <zlib.h>

#include <algorithm>
#include <cmath>

#include "ece465/base/utf8.hpp"
#include "formats/icc.hpp"

namespace ece465::image::png {
namespace {

constexpr std::string_view kXmpKeyword = "XML:com.adobe.xmp";
constexpr std::size_t kMaxKeyword = 79;

/// Removes and returns the string up to the next NUL; nothing if there is no NUL.
std::optional<std::string_view> take_string(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return taken;
}

std::string from_latin1(std::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xC0 | byte >> 6);
      utf8 += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return utf8;
}

/// Reads chunks into a Metadata. One limit applies to everything that is unpacked.
class MetadataReader {
 public:
  MetadataReader(const ByteSource& source, const Limits& limits)
      : source_(source), remaining_bytes_(limits.max_metadata_bytes) {}
  Result<void> take(const Chunk& chunk);
  Metadata finish() { return std::move(metadata_); }

 private:
  Result<std::string> unpack(ChunkName chunk, std::string_view packed);
  Result<void> take_profile(std::string_view data);
  Result<void> take_text(ChunkName chunk, std::string_view data);
  Result<void> take_international(std::string_view data);
  void take_density(Bytes data);
  void add_text(std::string_view keyword, std::string text);

  const ByteSource& source_;
  std::size_t remaining_bytes_;
  Metadata metadata_;
};

Result<std::string> MetadataReader::unpack(ChunkName chunk, std::string_view packed) {
  std::string out;
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return fail(Errc::too_large, "out of memory");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::array<char, 16384> piece;
  int result = Z_OK;
  while (result == Z_OK && out.size() <= remaining_bytes_) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (out.size() > remaining_bytes_)
    return fail(Errc::too_large, "its {} chunk unpacks to more than the limit on metadata", text(chunk));
  if (result != Z_STREAM_END) return fail(Errc::corrupt, "its {} chunk is damaged", text(chunk));
  remaining_bytes_ -= out.size();
  return out;
}

Result<void> MetadataReader::take(const Chunk& chunk) {
  switch (chunk.name) {
    case name("eXIf"):
    case name("iCCP"):
    case name("pHYs"):
    case name("tEXt"):
    case name("zTXt"):
    case name("iTXt"): break;
    default: return {};
  }
  ECE465_ASSIGN(const auto data, read_data(source_, chunk));
  const std::string_view characters = as_text(data);
  switch (chunk.name) {
    case name("eXIf"): metadata_.exif = data; return {};
    case name("iCCP"): return take_profile(characters);
    case name("pHYs"): take_density(data); return {};
    case name("iTXt"): return take_international(characters);
    default: return take_text(chunk.name, characters);
  }
}

Result<void> MetadataReader::take_profile(std::string_view data) {
  const auto keyword = take_string(data);
  if (!keyword || data.empty() || data.front() != 0) return fail(Errc::corrupt, "its iCCP chunk is damaged");
  ECE465_ASSIGN(const std::string profile, unpack(name("iCCP"), data.substr(1)));
  const Bytes bytes = as_bytes(profile);
  metadata_.icc.assign(bytes.begin(), bytes.end());
  return {};
}

void MetadataReader::take_density(Bytes data) {
  constexpr std::byte kPerMetre{1};
  if (data.size() != 9 || data[8] != kPerMetre) return;  // otherwise only an aspect ratio
  metadata_.x_density = load<std::uint32_t>(data.data(), std::endian::big);
  metadata_.y_density = load<std::uint32_t>(data.data() + 4, std::endian::big);
}

Result<void> MetadataReader::take_text(ChunkName chunk, std::string_view data) {
  const auto keyword = take_string(data);
  if (!keyword) return fail(Errc::corrupt, "its {} chunk is damaged", text(chunk));
  if (chunk == name("tEXt")) {
    add_text(*keyword, from_latin1(data));
    return {};
  }
  if (data.empty() || data.front() != 0) return fail(Errc::corrupt, "its zTXt chunk is damaged");
  ECE465_ASSIGN(const std::string unpacked, unpack(chunk, data.substr(1)));
  add_text(*keyword, from_latin1(unpacked));
  return {};
}

Result<void> MetadataReader::take_international(std::string_view data) {
  const auto damaged = [] { return fail(Errc::corrupt, "its iTXt chunk is damaged"); };
  const auto keyword = take_string(data);
  if (!keyword || data.size() < 2) return damaged();
  const bool packed = data[0] != 0;
  data.remove_prefix(2);                                           // compression flag and method
  if (!take_string(data) || !take_string(data)) return damaged();  // language and translated keyword
  std::string unpacked(packed ? "" : data);
  if (packed) {
    ECE465_ASSIGN(unpacked, unpack(name("iTXt"), data));
  }
  if (*keyword == kXmpKeyword) {
    metadata_.xmp = std::move(unpacked);
  } else {
    add_text(*keyword, std::move(unpacked));
  }
  return {};
}

void MetadataReader::add_text(std::string_view keyword, std::string text) {
  // Profiles in hexadecimal, which ImageMagick wrote before eXIf was defined.
  if (keyword.starts_with("Raw profile type")) return;
  if (keyword != "Comment") text = fmt::format("{}: {}", keyword.substr(0, kMaxKeyword), text);
  metadata_.comments.push_back(std::move(text));
}

/// Assembles a chunk's data.
class DataBuilder {
 public:
  DataBuilder& add(std::string_view text) {
    const Bytes bytes = as_bytes(text);
    data_.insert(data_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  DataBuilder& add_zeros(std::size_t n) {
    data_.resize(data_.size() + n);
    return *this;
  }
  DataBuilder& add_number(std::uint32_t value) {
    data_.resize(data_.size() + 4);
    store(data_.data() + data_.size() - 4, value, std::endian::big);
    return *this;
  }
  Result<void> add_packed(Bytes bytes) {
    const std::size_t at = data_.size();
    uLongf packed = compressBound(bytes.size());
    data_.resize(at + packed);
    const int result = compress(reinterpret_cast<Bytef*>(data_.data() + at), &packed,
                                reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    if (result != Z_OK) return fail(Errc::internal, "zlib stopped with {}", result);
    data_.resize(at + packed);
    return {};
  }
  std::vector<std::byte> finish() { return std::move(data_); }

 private:
  std::vector<std::byte> data_;
};

bool matches_color(Bytes profile, const Header& header) {
  return icc_color_space(profile) == (header.is_color() ? "RGB " : "GRAY");
}

/// Removes NULs, which PNG does not allow in text: those at the end, and others become spaces.
std::string without_nuls(std::string text) {
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::ranges::replace(text, '\0', ' ');
  return text;
}

std::vector<std::byte> international(std::string_view keyword, std::string_view text) {
  // NUL, not compressed (two bytes), no language, no translated keyword.
  return DataBuilder().add(keyword).add_zeros(5).add(text).finish();
}

std::uint32_t per_metre(double density) {
  return static_cast<std::uint32_t>(std::clamp(std::round(density), 0.0, 2147483647.0));
}

}  // namespace

Result<Metadata> metadata(const ByteSource& source, const Structure& structure, const Limits& limits) {
  MetadataReader reader(source, limits);
  for (const Chunk& chunk : structure.chunks) ECE465_TRY(reader.take(chunk));
  return reader.finish();
}

Result<CarriedChunks> chunks_of(const Metadata& metadata, const Header& header) {
  CarriedChunks carried;
  if (matches_color(metadata.icc, header)) {
    DataBuilder data;
    data.add("ICC profile").add_zeros(2);
    ECE465_TRY(data.add_packed(metadata.icc));
    carried.chunks.emplace_back(name("iCCP"), data.finish());
  } else if (!metadata.icc.empty()) {
    carried.profile_dropped = true;
  }
  if (metadata.x_density > 0 && metadata.y_density > 0) {
    DataBuilder data;
    data.add_number(per_metre(metadata.x_density)).add_number(per_metre(metadata.y_density)).add("\x01");
    carried.chunks.emplace_back(name("pHYs"), data.finish());
  }
  if (!metadata.exif.empty()) carried.chunks.emplace_back(name("eXIf"), metadata.exif);
  if (!metadata.xmp.empty()) {
    carried.chunks.emplace_back(name("iTXt"), international(kXmpKeyword, without_nuls(metadata.xmp)));
  }
  for (const std::string& comment : metadata.comments) {
    const std::string text = without_nuls(comment);
    const bool ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (ascii || !is_utf8(text)) {  // if not UTF-8, it is taken for Latin-1
      carried.chunks.emplace_back(name("tEXt"), DataBuilder().add("Comment").add_zeros(1).add(text).finish());
    } else {
      carried.chunks.emplace_back(name("iTXt"), international("Comment", text));
    }
  }
  return carried;
}

}  // namespace ece465::image::png
