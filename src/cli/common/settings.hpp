#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config_file.hpp"
#include "ece465/base/result.hpp"

namespace ece465::cli {

/// Fills in, after the command line was parsed, what it left open: from the environment, then from a
/// configuration file; what they leave open keeps its default. Works on any option of the tree.
///
/// An option `--some-thing` of the command `x` is ECE465_X_SOME_THING in the environment, or ECE465_SOME_THING
/// for all commands that have it, or else whatever name the option got by CLI11's `envname`; and the key
/// `some-thing` in the section `x` of the file. Empty variables count as not set, and so do those that Kubernetes
/// makes up for services (X_PORT=tcp://...). For an option that is a HOST:PORT the `envname` may be two,
/// `A_HOST:A_PORT`; where one of them is not set, the default's part stands in.
class Settings {
 public:
  /// Takes the environment over from CLI11, which would rank a file above it. `root` must outlive this, and
  /// must not have been parsed yet.
  explicit Settings(CLI::App& root);

  /// Reads a configuration file and checks that everything in it exists. Fails with `usage`.
  [[nodiscard]] Result<void> read_file(const std::filesystem::path& path);

  /// Fills in the options of `app` itself (not of its subcommands). Fails with `usage`, naming the variable, or
  /// file and line.
  [[nodiscard]] Result<void> apply(CLI::App& app);

  /// The values of `apps`' options as YAML that could be read back, each with where it came from.
  [[nodiscard]] std::string describe(const std::vector<CLI::App*>& apps) const;

  /// The environment variables that set an option, the strongest first.
  [[nodiscard]] std::vector<std::string> variables(const CLI::App& app, const CLI::Option& option) const;

 private:
  struct Origin {
    std::vector<std::string> values;
    std::string where;
  };

  Result<void> check(const ConfigEntry& entry) const;
  Result<void> set(CLI::Option& option, Origin origin);

  CLI::App& root_;
  std::map<const CLI::Option*, std::string> extra_variables_;
  std::map<const CLI::Option*, Origin> origins_;
  std::string file_;
  std::vector<ConfigEntry> entries_;
};

/// An option's long name without dashes; empty for positionals and for what only makes sense on a command line
/// (--help, --version, --print-config).
[[nodiscard]] std::string setting_name(const CLI::Option& option);

}  // namespace ece465::cli
