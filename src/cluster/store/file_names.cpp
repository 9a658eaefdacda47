#include "store/file_names.hpp"

#include <algorithm>

#include "ece465/base/utf8.hpp"
#include "ece465/image/codec.hpp"

namespace ece465::cluster {
namespace {

/// Common file systems allow 255 bytes (NAME_MAX). The result's name is longer by `kResultSuffix`.
constexpr std::size_t kMaxNameBytes = 200;
constexpr std::string_view kResultSuffix = "_equalized";

/// Index of the extension's dot, or the name's length if there is none.
std::size_t extension_at(std::string_view name) { return std::min(name.rfind('.'), name.size()); }

}  // namespace

Result<std::string> safe_name(std::string_view raw) {
  // Both separators: old browsers on Windows send whole paths.
  const auto separator = raw.find_last_of("/\\");
  const std::string_view name = separator == std::string_view::npos ? raw : raw.substr(separator + 1);
  if (name.empty()) return fail(Errc::bad_input, "The file name is empty.");
  if (name.size() > kMaxNameBytes) {
    return fail(Errc::bad_input, "The file name is longer than {} bytes.", kMaxNameBytes);
  }
  if (name.starts_with('.')) return fail(Errc::bad_input, "The file name begins with a dot.");
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (std::ranges::any_of(name, is_control)) {
    return fail(Errc::bad_input, "The file name contains control characters.");
  }
  if (!is_utf8(name)) return fail(Errc::bad_input, "The file name is not UTF-8.");
  return std::string(name);
}

bool is_safe_name(std::string_view name) {
  const auto safe = safe_name(name);
  return safe && *safe == name;
}

bool has_image_extension(std::string_view name) { return image::format_of_name(name).has_value(); }

std::string result_name(std::string_view name) {
  const std::size_t dot = extension_at(name);
  return std::string(name.substr(0, dot)).append(kResultSuffix).append(name.substr(dot));
}

bool is_result_name(std::string_view name) {
  const std::string_view stem = name.substr(0, extension_at(name));
  return stem.size() > kResultSuffix.size() && stem.ends_with(kResultSuffix);
}

}  // namespace ece465::cluster
