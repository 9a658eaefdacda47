#include "lab_options.hpp"

#include <charconv>

namespace ece465::cli {

Result<std::chrono::nanoseconds> parse_pause(std::string_view text) {
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
  ECE465_ASSIGN(const auto least, parse_pause(text.substr(0, to)));
  auto most = least;
  if (to != std::string_view::npos) {
    ECE465_ASSIGN(most, parse_pause(text.substr(to + kTo.size())));
  }
  if (most < least) return fail(Errc::usage, "'{}' ends before it begins; write it like 500ms..1.5s", text);
  if (most > std::chrono::hours(1)) return fail(Errc::usage, "'{}' is longer than an hour", text);
  return labs::DurationRange{least, most};
}

Result<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  if (text.starts_with('-')) return fail(Errc::usage, "'{}' is negative", text);
  return fail(Errc::usage, "'{}' is no whole number", text);
}

CLI::Option* add_seed(CLI::App& app, std::optional<std::uint64_t>& target) {
  return add_value<std::uint64_t>(app, "--seed", target, "N", parse_count,
                                  "Where chance begins; unless told it differs each time, and the summary tells it");
}

}  // namespace ece465::cli
