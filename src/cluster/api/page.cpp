#include "api/page.hpp"

#include <algorithm>

#include "api/index_page.hpp"
#include "ece465/ui/page.hpp"

namespace ece465::cluster {
namespace {

using http::Request;
using http::Response;

/// Everything from here, nothing from elsewhere, nothing that is written into the page.
constexpr std::string_view kPagePolicy =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
/// The plain page needs nothing but its own style.
constexpr std::string_view kPlainPagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

void add_policy(Response& response, std::string_view policy) {
  response.headers.add("Content-Security-Policy", policy);
  response.headers.add("Referrer-Policy", "no-referrer");
}

net::Task<Response> send_file(const http::Asset* asset, const Request* request) {
  Response response = http::serve_asset(*request, *asset);
  // The folder's name is a hash of what is in it: what lies there never changes.
  response.headers.set("Cache-Control", "public, max-age=31536000, immutable");
  add_policy(response, kPagePolicy);
  co_return response;
}

}  // namespace

net::Task<Response> index_page(Api& /*api*/, Request& request) {
  const auto files = ui::page_assets();
  const auto page = std::ranges::find(files, "/", &http::Asset::path);
  if (page == files.end()) {
    Response plain = Response::text(200, std::string(kIndexPage), "text/html; charset=utf-8");
    plain.headers.add("Cache-Control", "no-cache");
    add_policy(plain, kPlainPagePolicy);
    co_return plain;
  }
  Response response = http::serve_asset(request, *page);
  add_policy(response, kPagePolicy);
  co_return response;
}

void add_page_files(http::Router& router) {
  for (const http::Asset& asset : ui::page_assets()) {
    if (asset.path == "/") continue;  // in the table, as everything that people call by name
    router.add("GET", asset.path, [&asset](Request& request) { return send_file(&asset, &request); });
  }
}

}  // namespace ece465::cluster
