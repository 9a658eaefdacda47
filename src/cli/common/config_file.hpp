#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ece465/base/result.hpp"

namespace ece465::cli {

/// One value from a configuration file.
struct ConfigEntry {
  std::string section;  ///< the command it belongs to; empty: a global option
  std::string key;
  std::vector<std::string> values;  ///< several for a list
  int line = 0;
  int section_line = 0;
};

/// Reads a YAML file of `key: value` pairs and of sections with such pairs. Fails with `usage`, naming the line: to the
/// user the file is a part of the command line.
[[nodiscard]] Result<std::vector<ConfigEntry>> read_config(const std::filesystem::path& path);

}  // namespace ece465::cli
