#include "remote_names.hpp"

#include <fmt/format.h>

#include <random>

#include "common/file_plan.hpp"
#include "common/text.hpp"

namespace ece465::cli {
namespace {

// The master accepts names of up to 200 bytes, including tag, number and "_equalized".
constexpr std::size_t kMaxStemBytes = 150;

std::string_view default_extension(image::Format format) {
  switch (format) {
    case image::Format::jpeg: return ".jpg";
    case image::Format::tiff: return ".tif";
    case image::Format::png: return ".png";
  }
  return ".png";
}

/// `text` truncated to at most `max` bytes, between characters.
std::string truncated(std::string text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0U) == 0x80U) --max;
  text.resize(max);
  return text;
}

std::string safe_stem(const std::filesystem::path& input) {
  std::string stem = input == kDash ? "standard-input" : valid_utf8(input.stem().string());
  for (char& c : stem) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || c == '\\' || c == '/' || c == '"') c = '_';
  }
  // A leading dot would hide it, and the suffix marks results.
  stem.erase(0, stem.find_first_not_of('.'));
  if (stem.ends_with(kResultSuffix)) stem[stem.size() - kResultSuffix.size()] = '-';
  stem = truncated(std::move(stem), kMaxStemBytes);
  return stem.empty() ? "image" : stem;
}

}  // namespace

std::string RemoteNames::take(const std::filesystem::path& input, image::Format format, std::string_view tag) {
  std::string stem = safe_stem(input);
  if (!tag.empty()) stem += fmt::format("-{}", tag);
  std::string extension = input.extension().string();
  if (image::format_of_name(extension) != format) extension = default_extension(format);
  std::string name = stem + extension;
  for (int number = 2; !taken_.insert(name).second; ++number) name = fmt::format("{}-{}{}", stem, number, extension);
  return name;
}

std::string random_tag() {
  std::random_device entropy;
  return fmt::format("{:08x}", entropy());
}

}  // namespace ece465::cli
