#pragma once

#include <string_view>

namespace ece465::cluster {

/// The page at `/`: how the API is used. Whole in itself; nothing is fetched from elsewhere.
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
<p>Images go in, equalized images come out; workers share the work.</p>
<h2>With the command line</h2>
<pre>ece465 submit photo.jpg
ece465 status --watch</pre>
<h2>With curl</h2>
<pre>curl -F file=@photo.jpg localhost:8000/upload
curl -X POST localhost:8000/process/photo.jpg
curl localhost:8000/api/v1/jobs/job_1
curl -O localhost:8000/download/photo_equalized.jpg</pre>
<h2>Here</h2>
<ul>
  <li><a href="/api/v1/openapi.json">The API, described</a> (OpenAPI)</li>
  <li><a href="/api/v1/status">Status</a>, <a href="/api/v1/jobs">jobs</a>, <a href="/api/v1/workers">workers</a>,
    <a href="/api/v1/files">files</a>, <a href="/api/v1/events">events as they happen</a></li>
  <li><a href="/files">Inputs</a>, <a href="/files/equalized">results</a>, <a href="/nodes">nodes</a>,
    <a href="/logs">logs</a></li>
  <li><a href="/metrics">Metrics</a> (Prometheus), <a href="/healthz">health</a>, <a href="/readyz">readiness</a></li>
</ul>
</html>
)html";

}  // namespace ece465::cluster
