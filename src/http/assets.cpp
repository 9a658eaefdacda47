#include "ece465/http/assets.hpp"

#include <algorithm>

#include "ece465/http/range.hpp"
#include "text.hpp"

namespace ece465::http {
namespace {

/// Removes and returns everything before the next `separator`, trimmed.
std::string_view take(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const std::string_view item = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trim(item);
}

/// Whether the parameters have a weight of 0: q=0, q=0.0, ...
bool refused(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view value = take(parameters, ';');
    const std::string_view name = take(value, '=');
    value = trim(value);
    if (iequals(name, "q")) return !value.empty() && value.find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

}  // namespace

bool accepts_gzip(std::string_view header) {
  bool by_star = false;
  while (!header.empty()) {
    std::string_view parameters = take(header, ',');
    const std::string_view coding = take(parameters, ';');
    // An entry for gzip takes precedence over `*`.
    if (iequals(coding, "gzip") || iequals(coding, "x-gzip")) return !refused(parameters);
    if (coding == "*") by_star = !refused(parameters);
  }
  return by_star;
}

Response serve_asset(const Request& request, const Asset& asset) {
  const bool compressed = !asset.gzip.empty() && accepts_gzip(request.headers.get("Accept-Encoding").value_or(""));
  // Each representation needs its own validator.
  const std::string etag = fmt::format("\"{}{}\"", asset.etag, compressed ? "-gzip" : "");
  const auto known = request.headers.get("If-None-Match");
  Response response(known && etag_matches(*known, etag) ? 304 : 200);
  response.headers.add("ETag", etag);
  response.headers.add("Cache-Control", "no-cache");
  if (!asset.gzip.empty()) response.headers.add("Vary", "Accept-Encoding");
  if (response.status == 304) return response;
  response.headers.add("Content-Type", asset.type);
  if (compressed) response.headers.add("Content-Encoding", "gzip");
  response.body = StaticBody{compressed ? asset.gzip : asset.plain};
  return response;
}

}  // namespace ece465::http
