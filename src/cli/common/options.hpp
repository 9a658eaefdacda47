#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ece465/base/result.hpp"
#include "ece465/image/pixels.hpp"
#include "text.hpp"

/// What commands put on the CLI11 tree. Help, completion, the environment, configuration files and
/// --print-config are all derived from that tree, by two conventions kept here: an option's type name is
/// either lower-case choices ("luma|gray|each") or upper-case kinds, of which FILE and FOLDER are paths; and
/// its default string is what a user could write.

namespace ece465::cli {

/// "64M", "256MiB", "1.5G", "1000000": K, M, G, T and KiB... are powers of 1024, KB... of 1000. Errors say
/// what is wrong with `text`, without repeating the option's name. So do those of all parsers below.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
/// A size that can serve as a memory budget.
[[nodiscard]] Result<std::uint64_t> parse_memory(std::string_view text);
/// A whole number within [least, most].
[[nodiscard]] Result<int> parse_number(std::string_view text, int least, int most);
/// "auto" is 0; else 1 to the limit.
[[nodiscard]] Result<unsigned> parse_threads(std::string_view text);
/// "30", "0.5", "250ms", "2m", "1h": seconds unless it says otherwise; more than nothing, at most a year.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// true, yes, on, 1; false, no, off, 0.
[[nodiscard]] Result<bool> parse_bool(std::string_view text);

template <class T>
using Choices = std::vector<std::pair<std::string, T>>;

/// "luma|gray|each"
template <class T>
[[nodiscard]] std::string choices_type(const Choices<T>& choices) {
  std::string all;
  for (const auto& [name, value] : choices) all += (all.empty() ? "" : "|") + name;
  return all;
}

/// The value that `text` names.
template <class T>
[[nodiscard]] Result<T> parse_choice(std::string_view text, const Choices<T>& choices) {
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
  }
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) names.push_back(name);
  return fail(Errc::usage, "'{}' is none of {}{}", text, fmt::join(names, ", "), did_you_mean(text, names));
}

/// Adds an option whose single value goes through `parse` into `target`: a T, or an optional one for an option that may
/// stay unset. Given twice, the last one counts.
template <class T, class Target = T>
CLI::Option* add_value(CLI::App& app, const std::string& names, Target& target, const std::string& type,
                       std::function<Result<T>(std::string_view)> parse, const std::string& description) {
  const auto dashes = names.find("--");
  const std::string name = dashes == std::string::npos ? names : names.substr(dashes);
  const auto take = [&target, name, parse = std::move(parse)](const CLI::results_t& values) {
    auto value = parse(values.back());
    // CLI11's own way to refuse a value; run() turns it into a message and an exit code.
    if (!value) throw CLI::ValidationError(name, value.error().text());
    target = *std::move(value);
    return true;
  };
  return app.add_option(names, take, description)
      ->type_name(type)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

template <class T>
CLI::Option* add_choice(CLI::App& app, const std::string& names, T& target, const Choices<T>& choices,
                        const std::string& description) {
  const auto parse = [choices](std::string_view text) { return parse_choice(text, choices); };
  auto* option = add_value<T>(app, names, target, choices_type(choices), parse, description);
  for (const auto& [name, value] : choices) {
    if (value == target) option->default_str(name);
  }
  return option;
}

/// A text, taken as it is; a path when `type` says FILE or FOLDER.
CLI::Option* add_text(CLI::App& app, const std::string& names, std::string& target, const std::string& type,
                      const std::string& description);
CLI::Option* add_switch(CLI::App& app, const std::string& names, bool& target, const std::string& description);

/// Options that several commands share.
CLI::Option* add_channels(CLI::App& app, image::Channels& target);
CLI::Option* add_threads(CLI::App& app, unsigned& target);
CLI::Option* add_memory(CLI::App& app, std::uint64_t& target);
CLI::Option* add_quality(CLI::App& app, int& target);
CLI::Option* add_output(CLI::App& app, std::string& target);
/// `--url` of a master; the address is looked at by `http::parse_url`.
CLI::Option* add_url(CLI::App& app, std::string& target);
CLI::Option* add_timeout(CLI::App& app, std::chrono::milliseconds& target, const std::string& description);

}  // namespace ece465::cli
