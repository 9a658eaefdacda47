#include "ece465/ui/page.hpp"

#include <algorithm>

#include "api/handlers.hpp"

namespace ece465::cluster {
namespace {

using http::Request;
using http::Response;

/// The page at `/` in a build without the web page: how to use the API. It loads nothing else.
inline constexpr std::string_view kIndexPage = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>ece465 master</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
  pre { background: #8881; padding: .75rem 1rem; overflow-x: auto; border-radius: .5rem; }
  :root { color-scheme: light dark; }
</style>
<h1>ece465 master</h1>
<p>Distributed histogram equalization of images.</p>
<h2>With the command line</h2>
<pre>ece465 submit photo.jpg
ece465 status --watch</pre>
<h2>With curl</h2>
<pre>curl -F file=@photo.jpg localhost:8000/upload
curl -X POST localhost:8000/process/photo.jpg
curl localhost:8000/api/v1/jobs/job_1
curl -O localhost:8000/download/photo_equalized.jpg</pre>
<h2>Links</h2>
<ul>
  <li><a href="/api/v1/openapi.json">The API</a> (OpenAPI)</li>
  <li><a href="/api/v1/status">Status</a>, <a href="/api/v1/jobs">jobs</a>, <a href="/api/v1/workers">workers</a>,
    <a href="/api/v1/files">files</a>, <a href="/api/v1/events">events</a></li>
  <li><a href="/files">Inputs</a>, <a href="/files/equalized">results</a>, <a href="/nodes">nodes</a>,
    <a href="/logs">logs</a></li>
  <li><a href="/metrics">Metrics</a> (Prometheus), <a href="/healthz">health</a>, <a href="/readyz">readiness</a></li>
</ul>
</html>
)html";

/// Everything comes from this server; no inline scripts or styles.
constexpr std::string_view kPagePolicy =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
/// The plain page needs only its inline style.
constexpr std::string_view kPlainPagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

void add_policy(Response& response, std::string_view policy) {
  response.headers.add("Content-Security-Policy", policy);
  response.headers.add("Referrer-Policy", "no-referrer");
}

net::Task<Response> send_file(const http::Asset* asset, const Request* request) {
  Response response = http::serve_asset(*request, *asset);
  // The path contains a hash of the content, so the content of a path never changes.
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
    if (asset.path == "/") continue;  // in the route table, because it is documented
    router.add("GET", asset.path, [&asset](Request& request) { return send_file(&asset, &request); });
  }
}

}  // namespace ece465::cluster
