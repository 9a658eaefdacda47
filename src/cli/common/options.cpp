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
    return fail(Errc::usage, "'{}' is no size; write it like 64M, 256MiB or 1.5G", text);
  }
  if (number < 0) return fail(Errc::usage, "'{}' is negative", text);
  std::string_view unit_text = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit_text.starts_with(' ')) unit_text.remove_prefix(1);
  const std::string unit = lower(unit_text);
  for (const auto& [name, bytes] : kUnits) {
    if (name != unit) continue;
    const double size = number * static_cast<double>(bytes);
    constexpr double kMost = 0x1p60;
    if (size > kMost) return fail(Errc::usage, "'{}' is more than any machine has", text);
    return static_cast<std::uint64_t>(size);
  }
  return fail(Errc::usage, "'{}' has an unknown unit '{}'; K, M, G, T, KiB... or KB... are known", text, unit_text);
}

Result<std::uint64_t> parse_memory(std::string_view text) {
  ECE465_ASSIGN(const std::uint64_t bytes, parse_size(text));
  const std::uint64_t least = Limits{}.min_memory_bytes;
  if (bytes < least) {
    return fail(Errc::usage, "'{}' is {} bytes, too little to work with; at least {}M", text, bytes, least >> 20);
  }
  return bytes;
}

Result<int> parse_number(std::string_view text, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = end == text.data() + text.size() && !text.empty();
  if (!whole || error == std::errc::invalid_argument) {
    return fail(Errc::usage, "'{}' is no whole number; choose {} to {}", text, least, most);
  }
  if (error != std::errc() || number < least || number > most) {
    return fail(Errc::usage, "{} is out of range; choose {} to {}", text, least, most);
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
  constexpr double kMost = 365.0 * 24 * 3'600'000;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  const auto* const known = std::ranges::find(kUnitsOfTime, unit, &std::pair<std::string_view, double>::first);
  if (error != std::errc() || !std::isfinite(number) || known == kUnitsOfTime.end()) {
    return fail(Errc::usage, "'{}' is no time; write it like 30, 0.5, 250ms or 2m", text);
  }
  const double milliseconds = number * known->second;
  if (milliseconds < 1 || milliseconds > kMost) {
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

CLI::Option* add_text(CLI::App& app, const std::string& names, std::string& target, const std::string& type,
                      const std::string& description) {
  const auto parse = [](std::string_view text) -> Result<std::string> {
    if (text.empty()) return fail(Errc::usage, "needs a value that is not empty");
    return std::string(text);
  };
  return add_value<std::string>(app, names, target, type, parse, description);
}

CLI::Option* add_switch(CLI::App& app, const std::string& names, bool& target, const std::string& description) {
  return app.add_flag(names, target, description)->default_str("false");
}

CLI::Option* add_channels(CLI::App& app, image::Channels& target) {
  const Choices<image::Channels> choices{
      {"luma", image::Channels::luma}, {"gray", image::Channels::gray}, {"each", image::Channels::each}};
  return add_choice(app, "--channels", target, choices,
                    "What is equalized: the brightness, colours kept (luma); the brightness, as a gray image "
                    "(gray); every colour channel on its own (each)");
}

CLI::Option* add_threads(CLI::App& app, unsigned& target) {
  return add_value<unsigned>(app, "--threads", target, "N", parse_threads,
                             "Threads to work with, at most; auto: as many as this process may use")
      ->default_str("auto");
}

CLI::Option* add_quality(CLI::App& app, int& target) {
  const auto parse = [](std::string_view text) { return parse_number(text, 1, 100); };
  return add_value<int>(app, "--quality", target, "1-100", parse,
                        "JPEG quality; unless given, a JPEG keeps its own and others get 92");
}

CLI::Option* add_output(CLI::App& app, std::string& target) {
  return add_text(app, "-o,--output", target, "FILE|FOLDER",
                  "Where results go; a folder if it is one, ends in / or is for several inputs; - is standard output");
}

CLI::Option* add_url(CLI::App& app, std::string& target) {
  return add_text(app, "--url", target, "URL", "Where the master is")->default_str(target);
}

CLI::Option* add_timeout(CLI::App& app, std::chrono::milliseconds& target, const std::string& description) {
  const std::string seconds = fmt::format("{}", std::chrono::duration<double>(target).count());
  return add_value<std::chrono::milliseconds>(app, "--timeout", target, "SECONDS", parse_duration, description)
      ->default_str(seconds);
}

CLI::Option* add_memory(CLI::App& app, std::uint64_t& target) {
  return add_value<std::uint64_t>(app, "--memory", target, "SIZE", parse_memory,
                                  "Memory for pixels, at most (64M, 1.5G); what does not fit is read twice")
      ->default_str(fmt::format("{}M", target >> 20));
}

}  // namespace ece465::cli
