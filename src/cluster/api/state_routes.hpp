#pragma once

#include "api/api_state.hpp"

/// How the master is: workers, logs, events, health, metrics.

namespace ece465::cluster {

/// GET /nodes: ids of connected workers, as the course lists them.
[[nodiscard]] net::Task<http::Response> list_nodes(Api& api, http::Request& request);
/// GET /logs: the last 100 lines.
[[nodiscard]] net::Task<http::Response> show_logs(Api& api, http::Request& request);
/// POST /clear_logs.
[[nodiscard]] net::Task<http::Response> clear_logs(Api& api, http::Request& request);
/// GET /api/v1/workers.
[[nodiscard]] net::Task<http::Response> list_workers(Api& api, http::Request& request);
/// GET /api/v1/status.
[[nodiscard]] net::Task<http::Response> show_status(Api& api, http::Request& request);
/// GET /api/v1/events: what happens, as server-sent events.
[[nodiscard]] net::Task<http::Response> watch_events(Api& api, http::Request& request);
/// GET /healthz: the process answers.
[[nodiscard]] net::Task<http::Response> health(Api& api, http::Request& request);
/// GET /readyz: it takes jobs, too.
[[nodiscard]] net::Task<http::Response> readiness(Api& api, http::Request& request);
/// GET /metrics.
[[nodiscard]] net::Task<http::Response> show_metrics(Api& api, http::Request& request);
/// GET /api/v1/openapi.json.
[[nodiscard]] net::Task<http::Response> show_openapi(Api& api, http::Request& request);

}  // namespace ece465::cluster
