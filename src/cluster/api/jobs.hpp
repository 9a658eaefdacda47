#pragma once

#include "api/api_state.hpp"

/// Jobs: begun, listed, looked into, cancelled.

namespace ece465::cluster {

/// POST /process/{name}: begins a job, as the course does.
[[nodiscard]] net::Task<http::Response> process_file(Api& api, http::Request& request);
/// GET /api/v1/jobs.
[[nodiscard]] net::Task<http::Response> list_jobs(Api& api, http::Request& request);
/// POST /api/v1/jobs.
[[nodiscard]] net::Task<http::Response> create_job(Api& api, http::Request& request);
/// GET /api/v1/jobs/{id}.
[[nodiscard]] net::Task<http::Response> show_job(Api& api, http::Request& request);
/// DELETE /api/v1/jobs/{id}: cancels it; one that has ended stays as it is.
[[nodiscard]] net::Task<http::Response> cancel_job(Api& api, http::Request& request);
/// GET /api/v1/jobs/{id}/strips.
[[nodiscard]] net::Task<http::Response> show_strips(Api& api, http::Request& request);
/// GET /api/v1/jobs/{id}/timeline: what happened to a page's strips.
[[nodiscard]] net::Task<http::Response> show_timeline(Api& api, http::Request& request);
/// GET /api/v1/jobs/{id}/histograms.
[[nodiscard]] net::Task<http::Response> show_histograms(Api& api, http::Request& request);

}  // namespace ece465::cluster
