#include "api/responses.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "store/error_json.hpp"

namespace ece465::cluster {

using http::Response;

namespace {

int status_of(Errc code) {
  switch (code) {
    case Errc::not_found: return 404;
    case Errc::usage:
    case Errc::bad_input:
    case Errc::unsupported:
    case Errc::too_large:
    case Errc::corrupt: return 422;
    case Errc::timeout:
    case Errc::unavailable:
    case Errc::cancelled: return 503;
    case Errc::no_space: return 507;
    case Errc::io:
    case Errc::internal: return 500;
  }
  return 500;
}

}  // namespace

Response error_response(const Error& error) { return Response::detail(status_of(error.code), error.text()); }

Response error_parts_response(const Error& error) {
  if (error.subject.empty()) return error_response(error);
  const nlohmann::ordered_json body{{"detail", error.text()}, {"error", error_json(error)}};
  return Response::json(status_of(error.code),
                        body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

Response unread_body_response(const Error& error) {
  const int status = error.code == Errc::too_large ? 413 : error.code == Errc::timeout ? 408 : 400;
  return Response::detail(status, error.text());
}

Response not_found_response(std::string_view message) { return Response::detail(404, message); }

Response invalid_response(std::string_view where, std::string_view field, std::string_view message) {
  using json = nlohmann::ordered_json;
  const json entry{{"type", message == kFieldRequired ? "missing" : "value_error"},
                   {"loc", json::array({where, field})},
                   {"msg", message}};
  return Response::json(422, json{{"detail", json::array({entry})}}.dump());
}

Response busy_response(std::string_view message) {
  Response response = Response::detail(503, message);
  response.headers.add("Retry-After", "1");
  return response;
}

std::optional<std::uint64_t> query_number(const http::Request& request, std::string_view name, std::uint64_t fallback,
                                          std::uint64_t min, std::uint64_t max) {
  const auto at = request.query.find(std::string(name));
  if (at == request.query.end()) return fallback;
  const std::string& text = at->second;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < min || number > max) return std::nullopt;
  return number;
}

}  // namespace ece465::cluster
