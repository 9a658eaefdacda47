#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command.hpp"
#include "ece465/image/pixels.hpp"
#include "ece465/labs/dine.hpp"
#include "text.hpp"

/// Options by the kind of their value, and those that several commands share.

namespace ece465::cli {

// Parsers. Their errors say what is wrong with `text`, without the option's name.

/// "64M", "256MiB", "1.5G", "1000000": K, M, G, T and KiB... are powers of 1024, KB... of 1000.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
/// A size that can serve as a memory budget.
[[nodiscard]] Result<std::uint64_t> parse_memory(std::string_view text);
/// An integer within [min, max].
[[nodiscard]] Result<int> parse_number(std::string_view text, int min, int max);
/// A 64-bit unsigned integer.
[[nodiscard]] Result<std::uint64_t> parse_count(std::string_view text);
/// "auto" is 0; else 1 to the limit.
[[nodiscard]] Result<unsigned> parse_threads(std::string_view text);
/// "30", "0.5", "250ms", "2m", "1h": seconds without a unit; more than 0, at most a year.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// A duration, or 0.
[[nodiscard]] Result<std::chrono::nanoseconds> parse_duration_or_zero(std::string_view text);
/// "500ms..1.5s", or one time for both ends; from 0 to an hour.
[[nodiscard]] Result<labs::DurationRange> parse_span(std::string_view text);
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
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    names.push_back(name);
  }
  return fail(Errc::usage, "'{}' is not one of {}{}", text, fmt::join(names, ", "), did_you_mean(text, names));
}

/// Adds an option whose single value goes through `parse` into `target`: what `parse` returns, or a std::optional of it
/// for an option that may stay unset.
template <class Parse, class Target>
Option& add_value(Command& command, std::string_view names, Target& target, std::string type, Parse parse,
                  std::string description) {
  Option& option = command.add(names, Arity::one, std::move(type), std::move(description));
  option.assign = [&target, parse = std::move(parse)](std::span<const std::string> values) -> Result<void> {
    auto value = parse(std::string_view(values.back()));
    if (!value) return std::unexpected(std::move(value).error());
    target = *std::move(value);
    return {};
  };
  return option;
}

/// `target`'s value is the default; there is none if that is not one of the choices.
template <class T, class Target>
Option& add_choice(Command& command, std::string_view names, Target& target, const Choices<T>& choices,
                   std::string description) {
  const auto parse = [choices](std::string_view text) { return parse_choice(text, choices); };
  Option& option = add_value(command, names, target, choices_type(choices), parse, std::move(description));
  for (const auto& [name, value] : choices) {
    if (target == value) option.default_text = name;
  }
  return option;
}

/// An integer within [min, max]; `target`'s value is the default.
template <std::integral T>
Option& add_number(Command& command, std::string_view names, T& target, int min, int max, std::string description,
                   std::string type = "N") {
  const auto parse = [min, max](std::string_view text) -> Result<T> {
    ECE465_ASSIGN(const int number, parse_number(text, min, max));
    return static_cast<T>(number);
  };
  return add_value(command, names, target, std::move(type), parse, std::move(description))
      .with_default(fmt::format("{}", target));
}
/// The same without a default.
Option& add_number(Command& command, std::string_view names, std::optional<int>& target, int min, int max,
                   std::string description, std::string type = "N");

/// A text, taken as it is; a path when `type` says FILE or FOLDER. `target`'s value is the default.
Option& add_text(Command& command, std::string_view names, std::string& target, std::string type,
                 std::string description);
Option& add_switch(Command& command, std::string_view names, bool& target, std::string description);
/// A positional of one or more values.
Option& add_inputs(Command& command, std::string_view name, std::vector<std::string>& target, std::string type,
                   std::string description);

// Options that several commands share.

Option& add_channels(Command& command, image::Channels& target);
Option& add_threads(Command& command, unsigned& target);
Option& add_memory(Command& command, std::uint64_t& target);
Option& add_quality(Command& command, int& target);
Option& add_output(Command& command, std::string& target);
/// `--url` of a master, to be parsed by `http::parse_url`.
Option& add_url(Command& command, std::string& target);
Option& add_timeout(Command& command, std::chrono::milliseconds& target, std::string description);
/// `--seed` of a random number generator.
Option& add_seed(Command& command, std::optional<std::uint64_t>& target);

}  // namespace ece465::cli
