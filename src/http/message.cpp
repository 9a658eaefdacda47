#include "ece465/http/message.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "text.hpp"

namespace ece465::http {
namespace {

/// Prevents header injection: the result cannot end its line.
std::string one_line(std::string_view text) {
  std::string clean(text);
  std::ranges::replace_if(clean, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return clean;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void Headers::add(std::string_view name, std::string_view value) {
  fields_.emplace_back(one_line(name), one_line(value));
}

void Headers::set(std::string_view name, std::string_view value) {
  std::erase_if(fields_, [&](const auto& field) { return iequals(field.first, name); });
  add(name, value);
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (iequals(key, name)) return value;
  }
  return std::nullopt;
}

net::Task<Result<std::string>> Request::text(std::size_t max_bytes) {
  std::string all;
  Buffer piece(std::size_t{16} << 10);
  for (;;) {
    ECE465_CO_ASSIGN(const std::size_t n, co_await body->read(piece.span()));
    if (n == 0) co_return all;
    if (all.size() + n > max_bytes) {
      co_return fail(Errc::too_large, "the request body has more than {} bytes", max_bytes);
    }
    all += as_text(piece.span().first(n));
  }
}

Response Response::text(int status, std::string body, std::string_view type) {
  Response response(status);
  response.headers.add("Content-Type", type);
  response.body = std::move(body);
  return response;
}

Response Response::json(int status, std::string body) { return text(status, std::move(body), "application/json"); }

Response Response::detail(int status, std::string_view message) {
  // The message may quote input that is not UTF-8, for which dump would throw.
  return json(status,
              nlohmann::json{{"detail", message}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string origin_form(std::string_view target) {
  const auto colon = target.find("://");
  if (target.starts_with('/') || colon == std::string_view::npos) return std::string(target);
  const std::string_view scheme = target.substr(0, colon), rest = target.substr(colon + 3);
  if (!iequals(scheme, "http") && !iequals(scheme, "https")) return std::string(target);
  const auto path = std::min(rest.find_first_of("/?"), rest.size());
  if (path == 0) return std::string(target);  // the host is empty
  return fmt::format("{}{}", rest.substr(path).starts_with('/') ? "" : "/", rest.substr(path));
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 507: return "Insufficient Storage";
    default: return "Unknown";
  }
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool unreserved =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
    encoded += unreserved ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::multimap<std::string, std::string> parse_query(std::string_view text) {
  std::multimap<std::string, std::string> query;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    std::string pair(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    std::ranges::replace(pair, '+', ' ');
    const auto equals = std::min(pair.find('='), pair.size());
    auto key = percent_decode(std::string_view(pair).substr(0, equals));
    auto value = percent_decode(equals < pair.size() ? std::string_view(pair).substr(equals + 1) : std::string_view{});
    if (key && value && !key->empty()) query.emplace(std::move(*key), std::move(*value));
  }
  return query;
}

}  // namespace ece465::http
