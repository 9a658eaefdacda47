#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ece465::image {

/// The libraries that formats and kernels stand on, with the versions that run (not those compiled against,
/// where a library can tell).
[[nodiscard]] std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace ece465::image
