#pragma once

#include <filesystem>

#include "ece465/base/descriptor.hpp"
#include "ece465/base/result.hpp"

namespace ece465::cluster {

/// The folder inside the data folder where the master keeps its own files.
inline constexpr const char* kStateDir = ".ece465";

/// Opens it, creating it if necessary; refuses a symlink. `path` is for messages. Fails with `io` or `no_space`.
[[nodiscard]] Result<Descriptor> open_state_dir(const Descriptor& data_folder, const std::filesystem::path& path);

}  // namespace ece465::cluster
