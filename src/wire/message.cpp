#include "ece465/wire/message.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "keywords.hpp"

namespace ece465::wire {
namespace {

constexpr std::array<std::pair<ErrorCode, std::string_view>, 10> kErrorCodes{{
    {ErrorCode::failed, "failed"},
    {ErrorCode::bad_request, "bad_request"},
    {ErrorCode::too_large, "too_large"},
    {ErrorCode::unsupported, "unsupported"},
    {ErrorCode::no_chunk, "no_chunk"},
    {ErrorCode::no_table, "no_table"},
    {ErrorCode::checksum, "checksum"},
    {ErrorCode::dropped, "dropped"},
    {ErrorCode::leaving, "leaving"},
    {ErrorCode::refused, "refused"},
}};

}  // namespace

std::string_view dialect_name(Dialect dialect) {
  switch (dialect) {
    case Dialect::documented: return "documented";
    case Dialect::course: return "course";
    case Dialect::v2: return "ECE465/2";
  }
  return "?";
}

std::string_view error_code_name(ErrorCode code) {
  const auto* const found =
      std::find_if(kErrorCodes.begin(), kErrorCodes.end(), [&](const auto& entry) { return entry.first == code; });
  return found == kErrorCodes.end() ? "failed" : found->second;
}

ErrorCode error_code_of(std::string_view name) {
  const auto* const found =
      std::find_if(kErrorCodes.begin(), kErrorCodes.end(), [&](const auto& entry) { return entry.second == name; });
  return found == kErrorCodes.end() ? ErrorCode::failed : found->first;
}

bool is_kind(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
  });
}

std::string_view name_of(const Message& message) {
  struct Name {
    std::string_view operator()(const Register&) { return verb::kRegister; }
    std::string_view operator()(const Registered&) { return verb::kRegistered; }
    std::string_view operator()(const CalcHist&) { return verb::kCalcHist; }
    std::string_view operator()(const HistResult&) { return verb::kHistResult; }
    std::string_view operator()(const ApplyCdf&) { return verb::kApplyCdf; }
    std::string_view operator()(const CdfResult&) { return verb::kCdfResult; }
    std::string_view operator()(const Table&) { return verb::kTable; }
    std::string_view operator()(const Map&) { return verb::kMap; }
    std::string_view operator()(const MapResult&) { return verb::kMapResult; }
    std::string_view operator()(const Ping&) { return verb::kPing; }
    std::string_view operator()(const Pong&) { return verb::kPong; }
    std::string_view operator()(const Log&) { return verb::kLog; }
    std::string_view operator()(const ErrorReport&) { return verb::kError; }
    std::string_view operator()(const Drop&) { return verb::kDrop; }
    std::string_view operator()(const Bye&) { return verb::kBye; }
    std::string_view operator()(const Ignored& m) { return m.verb; }
  };
  return std::visit(Name{}, message);
}

std::uint64_t table_bytes(const ApplyCdf& message) {
  if (message.table) return 0;
  return message.bits == 16 ? kWordTableBytes : kByteTableBytes;
}

std::uint64_t body_bytes(const Message& message) {
  return std::visit(
      [](const auto& m) -> std::uint64_t {
        using M = std::decay_t<decltype(m)>;
        if constexpr (std::is_same_v<M, ApplyCdf>) {
          return table_bytes(m) + m.size;
        } else if constexpr (std::is_same_v<M, Ignored>) {
          return m.skip_bytes;
        } else if constexpr (requires { m.size; }) {
          return m.size;
        } else {
          return 0;
        }
      },
      message);
}

std::optional<std::uint64_t> body_checksum(const Message& message) {
  return std::visit(
      [](const auto& m) -> std::optional<std::uint64_t> {
        if constexpr (requires { m.checksum; }) {
          return m.checksum;
        } else {
          return std::nullopt;
        }
      },
      message);
}

}  // namespace ece465::wire
