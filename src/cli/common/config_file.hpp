#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ece465/base/result.hpp"

namespace ece465::cli {

/// One value from a configuration file.
struct ConfigEntry {
  std::string section;  ///< the command it belongs to; empty: for all
  std::string key;
  std::vector<std::string> values;  ///< several for a list
  int line = 0;
  int section_line = 0;
};

/// Reads a YAML file of `key: value` pairs and of sections that hold such pairs. Fails with `usage` and names
/// the line: the file is as much part of what the user asked for as the command line is.
[[nodiscard]] Result<std::vector<ConfigEntry>> read_config(const std::filesystem::path& path);

}  // namespace ece465::cli
