#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "command.hpp"
#include "config_file.hpp"
#include "ece465/base/result.hpp"

namespace ece465::cli {

/// Fills in what the command line left open: from the environment, then from a configuration file. Options that neither
/// sets keep their default.
///
/// An option `--some-thing` of the command `x` is ECE465_X_SOME_THING in the environment, or ECE465_SOME_THING for all
/// commands that have it, or else `Option::variable`; and the key `some-thing` in the section `x` of the file. Empty
/// variables count as not set, and so do those that Kubernetes sets for services (X_PORT=tcp://...). If one of the two
/// variables of a HOST:PORT is not set, that part of the default is used.
class Settings {
 public:
  /// `root` must outlive this.
  explicit Settings(Command& root) : root_(root) {}

  /// Reads a configuration file and checks that everything in it exists. Fails with `usage`.
  [[nodiscard]] Result<void> read_file(const std::filesystem::path& path);

  /// Fills in the options of `command` itself (not of its subcommands). Fails with `usage`, naming the variable, or the
  /// file and line.
  [[nodiscard]] Result<void> apply(Command& command);

  /// The values of the options as YAML that can be read back, each with its origin.
  [[nodiscard]] std::string describe(const std::vector<const Command*>& commands) const;

 private:
  struct Origin {
    std::vector<std::string> values;
    std::string where;
  };

  Result<void> check(const ConfigEntry& entry) const;
  Result<void> set(Option& option, Origin origin);

  Command& root_;
  std::map<const Option*, Origin> origins_;
  std::string file_;
  std::vector<ConfigEntry> entries_;
};

/// The environment variables that set an option, the one with the highest precedence first.
[[nodiscard]] std::vector<std::string> variables_of(const Command& command, const Option& option);

}  // namespace ece465::cli
