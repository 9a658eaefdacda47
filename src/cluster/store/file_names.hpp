#pragma once

#include <string>
#include <string_view>

#include "ece465/base/result.hpp"

/// Names of files in the data folder: which names clients may use, and how results are named.

namespace ece465::cluster {

/// The message of every error about a missing file.
inline constexpr std::string_view kFileNotFound = "File not found";

/// Reduces a client's name for a file to its base name, the part after the last '/' or '\\'. Fails with `bad_input` if
/// that is empty, begins with '.', contains control characters, is not UTF-8 or is longer than 200 bytes.
[[nodiscard]] Result<std::string> safe_name(std::string_view raw);
/// Whether `safe_name` returns it unchanged. Only such files are visible in the data folder.
[[nodiscard]] bool is_safe_name(std::string_view name);
/// .jpg .jpeg .tif .tiff .png in any case.
[[nodiscard]] bool has_image_extension(std::string_view name);
/// `my.photo.jpg` -> `my.photo_equalized.jpg`.
[[nodiscard]] std::string result_name(std::string_view name);
/// Whether it is the result name of some other name.
[[nodiscard]] bool is_result_name(std::string_view name);

}  // namespace ece465::cluster
