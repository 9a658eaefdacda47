#pragma once

#include "api/api_state.hpp"

/// The handlers of all routes. route_table.cpp maps paths to them.

namespace ece465::cluster {

// Files of the data folder
[[nodiscard]] net::Task<http::Response> list_inputs(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> list_results(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> delete_file(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> download(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> describe_files(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> preview(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> upload_file(Api& api, http::Request& request);

// Jobs
[[nodiscard]] net::Task<http::Response> process_file(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> list_jobs(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> create_job(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> show_job(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> cancel_job(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> show_strips(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> show_timeline(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> show_histograms(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> map_text(Api& api, http::Request& request);

// State of the master
[[nodiscard]] net::Task<http::Response> list_nodes(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> show_logs(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> clear_logs(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> list_workers(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> show_status(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> watch_events(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> health(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> readiness(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> show_metrics(Api& api, http::Request& request);
[[nodiscard]] net::Task<http::Response> show_openapi(Api& api, http::Request& request);

/// `GET /`: the web page, or a plain one if the build has none.
[[nodiscard]] net::Task<http::Response> index_page(Api& api, http::Request& request);
/// Adds a route for each of the web page's files. They are not documented.
void add_page_files(http::Router& router);

}  // namespace ece465::cluster
