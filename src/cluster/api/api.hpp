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
  /// Uploads at once; each holds two buffers. More are answered 503.
  std::size_t max_uploads = 64;
  /// Texts counted at once; master/text_run.hpp says what each may hold. More are answered 503.
  std::size_t max_texts = 4;
  /// An upload (a text) that is slower than this after its first minute is given up (408): it holds a place that others
  /// want.
  std::uint64_t min_upload_bytes_per_second = 1024;
  net::Duration upload_grace = std::chrono::minutes(1);
  std::size_t max_json_bytes = std::size_t{64} << 10;
  /// Jobs in one list.
  std::size_t max_jobs_listed = 1000;
  /// Entries of a timeline in one answer.
  std::size_t max_timeline_entries = 5000;
  /// Who watches events at once. More are answered 503.
  std::size_t max_subscribers = 1000;
  net::Duration heartbeat = std::chrono::seconds(15);
  /// A viewer that takes nothing for so long is gone.
  net::Duration subscriber_write_limit = std::chrono::seconds(30);
  /// Previews made at once, waiting to be made (more are answered 503), and kept.
  std::size_t previews_at_once = 1;
  std::size_t previews_waiting = 64;
  std::size_t preview_cache_bytes = std::size_t{16} << 20;
  /// Memory for making one; a file that needs more has no preview.
  std::uint64_t preview_memory_bytes = std::uint64_t{128} << 20;
};

/// What the API stands on. All of it outlives the server, and is used on the loop's thread except where it says
/// otherwise.
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
  /// Where workers connect, so that people can be told how to start one; 0: not known yet.
  std::uint16_t worker_port = 0;
  /// Why the master cannot take jobs now (/readyz): it starts or stops, its folder is gone.
  std::function<Result<void>()> ready;
  /// Open HTTP connections.
  std::function<std::size_t()> connections;
  ApiLimits limits{};
  /// For the access log, at debug level; may be null.
  Logger* logger = nullptr;
};

/// The course's endpoints and /api/v1. `context` must outlive the router.
[[nodiscard]] http::Router make_routes(ApiContext& context);

/// What `http::Server::observe` should call: metrics, and the access log.
[[nodiscard]] std::function<void(const http::Request&, int status, net::Duration took)> observe_requests(
    ApiContext& context);

}  // namespace ece465::cluster
