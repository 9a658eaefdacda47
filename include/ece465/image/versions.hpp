#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ece465::image {

/// The libraries behind the formats, with the versions in use at run time; libjpeg's is that of compile time.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace ece465::image
