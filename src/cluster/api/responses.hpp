#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ece465/http/message.hpp"

namespace ece465::cluster {

/// The answer for a failure: 404 for a file that is not there, 422 for what cannot be used as it is, 503 for what may
/// work later, 507 when there is no room, 500 for the rest; with the error's words as `detail`.
[[nodiscard]] http::Response error_response(const Error& error);
/// The answer for a body that could not be read: 413 (too large), 408 (nothing came for too long), 400.
[[nodiscard]] http::Response unread_body_response(const Error& error);
[[nodiscard]] http::Response not_found_response(std::string_view what);
/// The message for what is not there at all.
inline constexpr std::string_view kFieldRequired = "Field required";
/// 422 in FastAPI's form, which the course's clients know: what is wrong with which part of the request. `where`:
/// "body" or "query".
[[nodiscard]] http::Response invalid_response(std::string_view where, std::string_view field, std::string_view message);
/// 503 with Retry-After: too much at once.
[[nodiscard]] http::Response busy_response(std::string_view words);

/// A number in the query between `least` and `most`; `missing` when it is not there; nothing when it is no such number.
[[nodiscard]] std::optional<std::uint64_t> query_number(const http::Request& request, std::string_view name,
                                                        std::uint64_t missing, std::uint64_t least, std::uint64_t most);

}  // namespace ece465::cluster
