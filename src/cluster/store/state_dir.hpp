#pragma once

#include <filesystem>

#include "ece465/base/descriptor.hpp"
#include "ece465/base/result.hpp"

namespace ece465::cluster {

/// Where the master keeps what is its own, inside the data folder.
inline constexpr const char* kStateDir = ".ece465";

/// Opens it, making it when it is missing; a symlink is refused. `path` is for messages. Fails with `io` or `no_space`.
[[nodiscard]] Result<Descriptor> open_state_dir(const Descriptor& data_folder, const std::filesystem::path& path);

}  // namespace ece465::cluster
