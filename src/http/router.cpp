#include <algorithm>

#include "ece465/http/server.hpp"

namespace ece465::http {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
  }
  return segments;
}

bool is_capture(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

/// Whether `path` matches `pattern`; adds the values of its parameters to `captured`.
bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
             std::map<std::string, std::string, std::less<>>& captured) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    std::string_view want = pattern[i];
    const bool rest = is_capture(want) && want.ends_with("*}");
    if (i >= path.size()) return false;
    if (!is_capture(want)) {
      if (want != path[i]) return false;
      continue;
    }
    std::string raw = path[i];
    if (rest) {
      for (std::size_t j = i + 1; j < path.size(); ++j) raw += "/" + path[j];
    }
    const auto decoded = percent_decode(raw);
    if (!decoded) return false;
    captured[std::string(want.substr(1, want.size() - (rest ? 3 : 2)))] = *decoded;
    if (rest) return true;
  }
  return path.size() == pattern.size();
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, Handler handler, BodyUse body) {
  routes_.push_back({std::string(method), split(pattern), std::move(handler), body});
}

Router::Match Router::find(std::string_view method, std::string_view raw_path) const {
  const auto path = split(raw_path);
  // The handler of GET answers HEAD; the server omits the body.
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  Match match;
  std::vector<std::string> allowed;
  for (const Route& route : routes_) {
    std::map<std::string, std::string, std::less<>> captured;
    if (!matches(route.segments, path, captured)) continue;
    match.path_known = true;
    if (route.method == wanted) {
      match.handler = &route.handler;
      match.body = route.body;
      match.captured = std::move(captured);
      return match;
    }
    if (std::ranges::find(allowed, route.method) == allowed.end()) allowed.push_back(route.method);
  }
  for (const auto& name : allowed) match.allow += (match.allow.empty() ? "" : ", ") + name;
  return match;
}

}  // namespace ece465::http
