#include "ece465/image/codec.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "formats/formats.hpp"

namespace ece465::image {
namespace {

bool starts_with(Bytes head, std::string_view signature) {
  return head.size() >= signature.size() && as_text(head.first(signature.size())) == signature;
}

using namespace std::string_view_literals;

/// Common formats that are not supported, for the error message.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kUnsupported{{
    {"GIF8"sv, "a GIF"sv},
    {"BM"sv, "a BMP"sv},
    {"RIFF"sv, "a RIFF file (WebP?)"sv},
    {"%PDF"sv, "a PDF"sv},
    {"\0\0\0\x0CjP  "sv, "a JPEG 2000"sv},
    {"\xFF\x0A"sv, "a JPEG XL"sv},
    {"PK\x03\x04"sv, "a ZIP archive"sv},
}};

}  // namespace

std::string_view format_name(Format format) {
  switch (format) {
    case Format::jpeg: return "JPEG";
    case Format::tiff: return "TIFF";
    case Format::png: return "PNG";
  }
  return "?";
}

std::optional<Format> format_of_name(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::string extension(file_name.substr(dot + 1));
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == "jpg" || extension == "jpeg") return Format::jpeg;
  if (extension == "tif" || extension == "tiff") return Format::tiff;
  if (extension == "png") return Format::png;
  return std::nullopt;
}

std::optional<Format> format_of_content(Bytes head) {
  if (starts_with(head, "\xFF\xD8\xFF"sv)) return Format::jpeg;
  if (starts_with(head, "\x89PNG\r\n\x1A\n"sv)) return Format::png;
  for (const auto signature : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (starts_with(head, signature)) return Format::tiff;
  }
  return std::nullopt;
}

Result<std::unique_ptr<ImageReader>> open_image(const ByteSource& source, const ReadOptions& options) {
  std::array<std::byte, 16> head{};
  ECE465_ASSIGN(const std::size_t n, source.read_at(0, head));
  if (n == 0) return fail(Errc::bad_input, "the file is empty");
  const Bytes bytes = Bytes(head).first(n);
  const auto format = format_of_content(bytes);
  if (!format) {
    for (const auto& [signature, what] : kUnsupported) {
      if (starts_with(bytes, signature)) {
        return fail(Errc::bad_input, "is {}; only JPEG, TIFF and PNG are supported", what);
      }
    }
    return fail(Errc::bad_input, "not a JPEG, TIFF or PNG file");
  }
  switch (*format) {
    case Format::jpeg: return jpeg::open(source, options);
    case Format::tiff: return tiff::open(source, options);
    case Format::png: return png::open(source, options);
  }
  return fail(Errc::internal, "unknown format");
}

Result<std::unique_ptr<ImageWriter>> create_image(Format format, const ImageReader& reader, ByteSink& sink,
                                                  const WriteOptions& options) {
  switch (format) {
    case Format::jpeg: return jpeg::create(reader, sink, options);
    case Format::tiff: return tiff::create(reader, sink, options);
    case Format::png: return png::create(reader, sink, options);
  }
  return fail(Errc::internal, "unknown format");
}

FormatFeatures format_features(Format format) {
  switch (format) {
    case Format::jpeg: return {.sixteen_bits = false, .alpha = false, .palette = false, .many_pages = false};
    case Format::tiff: return {.sixteen_bits = true, .alpha = true, .palette = true, .many_pages = true};
    case Format::png: return {.sixteen_bits = true, .alpha = true, .palette = true, .many_pages = false};
  }
  return {};
}

}  // namespace ece465::image
