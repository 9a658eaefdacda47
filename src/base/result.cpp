#include "ece465/base/result.hpp"

#include <algorithm>
#include <array>

namespace ece465 {
namespace {

constexpr std::array<std::pair<Errc, std::string_view>, 12> kNames{{{Errc::usage, "usage"},
                                                                    {Errc::bad_input, "bad_input"},
                                                                    {Errc::not_found, "not_found"},
                                                                    {Errc::unsupported, "unsupported"},
                                                                    {Errc::too_large, "too_large"},
                                                                    {Errc::corrupt, "corrupt"},
                                                                    {Errc::io, "io"},
                                                                    {Errc::no_space, "no_space"},
                                                                    {Errc::timeout, "timeout"},
                                                                    {Errc::unavailable, "unavailable"},
                                                                    {Errc::cancelled, "cancelled"},
                                                                    {Errc::internal, "internal"}}};

}  // namespace

std::string_view errc_name(Errc code) {
  const auto* const entry = std::ranges::find(kNames, code, &std::pair<Errc, std::string_view>::first);
  return entry == kNames.end() ? "internal" : entry->second;
}

std::optional<Errc> parse_errc(std::string_view name) {
  const auto* const entry = std::ranges::find(kNames, name, &std::pair<Errc, std::string_view>::second);
  if (entry == kNames.end()) return std::nullopt;
  return entry->first;
}

}  // namespace ece465
