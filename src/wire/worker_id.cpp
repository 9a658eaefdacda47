#include "ece465/wire/worker_id.hpp"

#include <algorithm>

#include "fields.hpp"

namespace ece465::wire {
namespace {

// isalnum depends on the locale.
bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool may_be_in_id(char c) { return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_'; }

constexpr std::size_t kHostBytes = 253;  // RFC 1035's 255 bytes of wire format, as text

}  // namespace

Result<void> check_worker_id(std::string_view id, const WireLimits& limits) {
  if (id.empty()) return fail(Errc::bad_input, "the worker id is missing");
  if (id.size() > limits.max_id_bytes) {
    return fail(Errc::bad_input, "worker id {} is longer than {} bytes", quoted(id), limits.max_id_bytes);
  }
  if (!is_letter_or_digit(id.front()) || !std::all_of(id.begin(), id.end(), may_be_in_id)) {
    return fail(Errc::bad_input,
                "worker id {} must consist of letters, digits, '-', '.' and '_', starting with a letter or digit",
                quoted(id));
  }
  return {};
}

std::string make_worker_id(std::string_view host, std::uint64_t process_id) {
  std::string id;
  for (const char c : host.substr(0, kHostBytes)) {
    if (id.empty() && !is_letter_or_digit(c)) continue;
    id += may_be_in_id(c) ? c : '-';
  }
  return fmt::format("{}-{}", id.empty() ? "worker" : id, process_id);
}

}  // namespace ece465::wire
