#pragma once

#include <string>
#include <string_view>

#include "ece465/base/result.hpp"

/// Names of files in the data folder: what a client may call one, and what its result is called.

namespace ece465::cluster {

/// The detail of every answer about a file that is not there, and the words of the error.
inline constexpr std::string_view kFileNotFound = "File not found";

/// A client's name for a file, reduced to a safe base name: what is behind the last '/' or '\\'. Refused with
/// `bad_input`: empty, beginning with '.' (so also "." and ".."), NUL or other control characters, no UTF-8, over
/// 200 bytes.
[[nodiscard]] Result<std::string> safe_name(std::string_view raw);
/// Whether `safe_name` would leave it as it is: only then it can be in the data folder.
[[nodiscard]] bool is_safe_name(std::string_view name);
/// .jpg .jpeg .tif .tiff .png in any case.
[[nodiscard]] bool has_image_extension(std::string_view name);
/// `my.photo.jpg` -> `my.photo_equalized.jpg`.
[[nodiscard]] std::string result_name(std::string_view name);
/// Whether some name's result is called so.
[[nodiscard]] bool is_result_name(std::string_view name);

}  // namespace ece465::cluster
