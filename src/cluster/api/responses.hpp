#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ece465/http/message.hpp"

namespace ece465::cluster {

/// The response for an error. Its status follows from the code: 404 not_found, 422 invalid input, 503 temporary, 507 no
/// space, 500 everything else.
[[nodiscard]] http::Response error_response(const Error& error);
/// The same with the error's parts beside the sentence, so that programs need not take it apart. Not for the course's
/// endpoints, whose errors are `{"detail": ...}` alone.
[[nodiscard]] http::Response error_parts_response(const Error& error);
/// The response for a request body that could not be read: 413 (too large), 408 (timeout) or 400.
[[nodiscard]] http::Response unread_body_response(const Error& error);
[[nodiscard]] http::Response not_found_response(std::string_view message);
/// The message for a missing field.
inline constexpr std::string_view kFieldRequired = "Field required";
/// 422 in FastAPI's format, which the course's clients expect. `where`: "body" or "query".
[[nodiscard]] http::Response invalid_response(std::string_view where, std::string_view field, std::string_view message);
/// 503 with Retry-After.
[[nodiscard]] http::Response busy_response(std::string_view message);

/// A query parameter as a number; `fallback` if it is missing, nullopt if it is not a number from `min` to `max`.
[[nodiscard]] std::optional<std::uint64_t> query_number(const http::Request& request, std::string_view name,
                                                        std::uint64_t fallback, std::uint64_t min, std::uint64_t max);

}  // namespace ece465::cluster
