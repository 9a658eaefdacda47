#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ece465/base/logger.hpp"
#include "ece465/http/server.hpp"
#include "jobs/engine.hpp"
#include "observability/event_stream.hpp"
#include "observability/metrics.hpp"
#include "observability/recent_log.hpp"
#include "store/data_folder.hpp"
#include "store/job_store.hpp"

namespace ece465::cluster {

/// Every limit of the API beyond those of the HTTP server.
struct ApiLimits {
  /// The largest file that can be uploaded.
  std::uint64_t max_upload_bytes = std::uint64_t{64} << 30;
  /// Concurrent uploads; each has two buffers. Beyond this and the other limits on concurrency: 503.
  std::size_t max_uploads = 64;
  /// Concurrent texts; TextRunLimits bounds the memory of each.
  std::size_t max_texts = 4;
  /// Slower uploads and texts are cut off (408) after their first minute: they occupy one of a limited number of slots.
  std::uint64_t min_upload_bytes_per_second = 1024;
  net::Duration upload_grace = std::chrono::minutes(1);
  std::size_t max_json_bytes = std::size_t{64} << 10;
  /// Jobs in one response.
  std::size_t max_jobs_listed = 1000;
  /// Timeline entries in one response.
  std::size_t max_timeline_entries = 5000;
  /// Concurrent subscribers of events.
  std::size_t max_subscribers = 1000;
  net::Duration heartbeat = std::chrono::seconds(15);
  /// A subscriber that reads nothing for this long is disconnected.
  net::Duration subscriber_write_limit = std::chrono::seconds(30);
  /// Previews computed at once, queued, and cached.
  std::size_t previews_at_once = 1;
  std::size_t previews_waiting = 64;
  std::size_t preview_cache_bytes = std::size_t{16} << 20;
  /// Memory for one computation. A file that needs more has no preview.
  std::uint64_t preview_memory_bytes = std::uint64_t{128} << 20;
};

/// What the API works on. Everything outlives the server, and is used on the loop's thread unless it says otherwise.
struct ApiContext {
  Engine& engine;
  DataFolder& folder;
  JobStore& store;
  RecentLog& logs;
  EventStream& events;
  Metrics& metrics;
  asio::thread_pool& files;
  asio::thread_pool& cpu;
  std::string version;
  WallTime started{};
  /// The port for workers, which the web page shows; 0: not known yet.
  std::uint16_t worker_port = 0;
  /// Fails if the master cannot take jobs (/readyz): it is starting or stopping, or its data folder is missing.
  std::function<Result<void>()> ready;
  /// Open HTTP connections.
  std::function<std::size_t()> connections;
  ApiLimits limits{};
  /// For the access log, at debug level. May be null.
  Logger* logger = nullptr;
};

/// The course's endpoints and /api/v1. `context` must outlive the router.
[[nodiscard]] http::Router make_routes(ApiContext& context);

/// The callback for `http::Server::observe`: metrics and the access log.
[[nodiscard]] std::function<void(const http::Request&, int status, net::Duration took)> observe_requests(
    ApiContext& context);

}  // namespace ece465::cluster
