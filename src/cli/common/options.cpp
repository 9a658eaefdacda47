#include "options.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "ece465/base/limits.hpp"

namespace ece465::cli {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array<Unit, 14> kUnits{{{"", 1},
                                       {"b", 1},
                                       {"k", std::uint64_t{1} << 10},
                                       {"kib", std::uint64_t{1} << 10},
                                       {"kb", 1000},
                                       {"m", std::uint64_t{1} << 20},
                                       {"mib", std::uint64_t{1} << 20},
                                       {"mb", 1000'000},
                                       {"g", std::uint64_t{1} << 30},
                                       {"gib", std::uint64_t{1} << 30},
                                       {"gb", 1000'000'000},
                                       {"t", std::uint64_t{1} << 40},
                                       {"tib", std::uint64_t{1} << 40},
                                       {"tb", 1000'000'000'000}}};

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(number)) {
    return fail(Errc::usage, "'{}' is not a size; use a form like 64M, 256MiB or 1.5G", text);
  }
  if (number < 0) return fail(Errc::usage, "'{}' is negative", text);
  std::string_view unit_text = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit_text.starts_with(' ')) unit_text.remove_prefix(1);
  const std::string unit = lower(unit_text);
  for (const auto& [name, bytes] : kUnits) {
    if (name != unit) continue;
    const double size = number * static_cast<double>(bytes);
    constexpr double kMax = 0x1p60;  // fits 64 bits, and no machine has as much
    if (size > kMax) return fail(Errc::usage, "'{}' is too large", text);
    return static_cast<std::uint64_t>(size);
  }
  return fail(Errc::usage, "'{}' has an unknown unit '{}'; use K, M, G, T, KiB... or KB...", text, unit_text);
}

Result<std::uint64_t> parse_memory(std::string_view text) {
  ECE465_ASSIGN(const std::uint64_t bytes, parse_size(text));
  const std::uint64_t min = Limits{}.min_memory_bytes;
  if (bytes < min) {
    return fail(Errc::usage, "'{}' is {} bytes; at least {}M are needed", text, bytes, min >> 20);
  }
  return bytes;
}

Result<int> parse_number(std::string_view text, int min, int max) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = end == text.data() + text.size() && !text.empty();
  if (!whole || error == std::errc::invalid_argument) {
    return fail(Errc::usage, "'{}' is not a whole number; choose {} to {}", text, min, max);
  }
  if (error != std::errc() || number < min || number > max) {
    return fail(Errc::usage, "{} is out of range; choose {} to {}", text, min, max);
  }
  return number;
}

Result<unsigned> parse_threads(std::string_view text) {
  if (text == "auto") return 0U;
  ECE465_ASSIGN(const int n, parse_number(text, 1, Limits{}.max_threads));
  return static_cast<unsigned>(n);
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 5> kUnitsOfTime{
      {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  constexpr double kMax = 365.0 * 24 * 3'600'000;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  const auto* const known = std::ranges::find(kUnitsOfTime, unit, &std::pair<std::string_view, double>::first);
  if (error != std::errc() || !std::isfinite(number) || known == kUnitsOfTime.end()) {
    return fail(Errc::usage, "'{}' is not a time; use a form like 30, 0.5, 250ms or 2m", text);
  }
  const double milliseconds = number * known->second;
  if (milliseconds < 1 || milliseconds > kMax) {
    return fail(Errc::usage, "'{}' is out of range; choose 1ms to 8760h", text);
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
}

Result<bool> parse_bool(std::string_view text) {
  const std::string word = lower(text);
  for (const char* yes : {"true", "yes", "on", "1"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"false", "no", "off", "0"}) {
    if (word == no) return false;
  }
  return fail(Errc::usage, "'{}' is neither true nor false", text);
}

Result<std::chrono::nanoseconds> parse_duration_or_zero(std::string_view text) {
  for (const char* nothing : {"0", "0s", "0ms"}) {
    if (text == nothing) return std::chrono::nanoseconds(0);
  }
  if (text.starts_with('-')) return fail(Errc::usage, "'{}' is negative", text);
  ECE465_ASSIGN(const auto time, parse_duration(text));
  return time;
}

Result<labs::DurationRange> parse_span(std::string_view text) {
  constexpr std::string_view kTo = "..";
  const auto to = text.find(kTo);
  ECE465_ASSIGN(const auto min, parse_duration_or_zero(text.substr(0, to)));
  auto max = min;
  if (to != std::string_view::npos) {
    ECE465_ASSIGN(max, parse_duration_or_zero(text.substr(to + kTo.size())));
  }
  if (max < min) return fail(Errc::usage, "'{}' ends before it begins; use a form like 500ms..1.5s", text);
  if (max > std::chrono::hours(1)) return fail(Errc::usage, "'{}' is longer than an hour", text);
  return labs::DurationRange{min, max};
}

Result<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  if (text.starts_with('-')) return fail(Errc::usage, "'{}' is negative", text);
  return fail(Errc::usage, "'{}' is not a whole number", text);
}

Option& add_number(Command& command, std::string_view names, std::optional<int>& target, int min, int max,
                   std::string description, std::string type) {
  const auto parse = [min, max](std::string_view text) { return parse_number(text, min, max); };
  return add_value(command, names, target, std::move(type), parse, std::move(description));
}

Option& add_text(Command& command, std::string_view names, std::string& target, std::string type,
                 std::string description) {
  const auto parse = [](std::string_view text) -> Result<std::string> {
    if (text.empty()) return fail(Errc::usage, "the value must not be empty");
    return std::string(text);
  };
  return add_value(command, names, target, std::move(type), parse, std::move(description)).with_default(target);
}

Option& add_switch(Command& command, std::string_view names, bool& target, std::string description) {
  Option& option = add_value(command, names, target, "", parse_bool, std::move(description)).with_default("false");
  option.arity = Arity::none;
  return option;
}

Option& add_inputs(Command& command, std::string_view name, std::vector<std::string>& target, std::string type,
                   std::string description) {
  Option& option = command.add(name, Arity::many, std::move(type), std::move(description));
  option.assign = [&target](std::span<const std::string> values) -> Result<void> {
    target.assign(values.begin(), values.end());
    return {};
  };
  return option;
}

Option& add_channels(Command& command, image::Channels& target) {
  const Choices<image::Channels> choices{
      {"luma", image::Channels::luma}, {"gray", image::Channels::gray}, {"each", image::Channels::each}};
  return add_choice(command, "--channels", target, choices,
                    "What to equalize: luma, keeping colors; gray: luma, as a gray image; each: every color channel "
                    "separately");
}

Option& add_threads(Command& command, unsigned& target) {
  return add_value(command, "--threads", target, "N", parse_threads,
                   "Maximum number of threads; auto: as many CPUs as this process may use")
      .with_default("auto");
}

Option& add_quality(Command& command, int& target) {
  const auto parse = [](std::string_view text) { return parse_number(text, 1, 100); };
  return add_value(command, "--quality", target, "1-100", parse,
                   "JPEG quality; by default a JPEG keeps its own, and other formats get 92");
}

Option& add_output(Command& command, std::string& target) {
  return add_text(command, "-o,--output", target, "FILE|FOLDER",
                  "Where to write results: a folder if it is one, ends in / or there are several inputs; - is standard "
                  "output");
}

Option& add_url(Command& command, std::string& target) {
  return add_text(command, "--url", target, "URL", "The master's address");
}

Option& add_timeout(Command& command, std::chrono::milliseconds& target, std::string description) {
  return add_value(command, "--timeout", target, "SECONDS", parse_duration, std::move(description))
      .with_default(fmt::format("{}", std::chrono::duration<double>(target).count()));
}

Option& add_memory(Command& command, std::uint64_t& target) {
  return add_value(command, "--memory", target, "SIZE", parse_memory,
                   "Maximum memory for pixels (64M, 1.5G); a larger image is read twice")
      .with_default(fmt::format("{}M", target >> 20));
}

Option& add_seed(Command& command, std::optional<std::uint64_t>& target) {
  return add_value(command, "--seed", target, "N", parse_count,
                   "Seed of the random numbers; by default a new one each time, which the summary shows");
}

}  // namespace ece465::cli
