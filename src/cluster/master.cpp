#include "ece465/cluster/master.hpp"

#include <algorithm>
#include <asio/executor_work_guard.hpp>

#include "api/api.hpp"
#include "ece465/http/server.hpp"
#include "ece465/net/offload.hpp"
#include "jobs/master_engine.hpp"

namespace ece465::cluster {
namespace {

constexpr unsigned kFileThreads = 4;  // for blocking file I/O: uploads, downloads, the job store
constexpr auto kTickInterval = std::chrono::milliseconds(500);
constexpr auto kHeartbeat = std::chrono::seconds(5);
/// Interval of the data folder's health check, and how long the file system may take to respond.
constexpr auto kFolderCheckInterval = std::chrono::seconds(1);
constexpr auto kFolderCheckTimeout = std::chrono::seconds(10);
/// How long a stop waits for workers to say BYE, and for requests to end, after the jobs have ended.
constexpr auto kShutdownTimeout = std::chrono::seconds(2);

SessionOptions session_options() {
  SessionOptions options;
  options.terms.checksum = true;
  options.terms.heartbeat = kHeartbeat;
  options.terms.payload_bytes = options.limits.max_payload_bytes;
  return options;
}

mapreduce::SchedulerOptions scheduler_options(const MasterOptions& options) {
  mapreduce::SchedulerOptions scheduler;
  scheduler.local_slots = std::max(1U, options.threads);
  scheduler.local_helps = options.always_helps;
  scheduler.heartbeat = kHeartbeat;
  return scheduler;
}

http::ServerLimits server_limits(const MasterOptions& options) {
  http::ServerLimits limits;
  constexpr std::uint64_t kFormOverhead = std::uint64_t{1} << 20;  // multipart headers, other form fields
  limits.max_body_bytes = options.max_upload_bytes + kFormOverhead;
  return limits;
}

/// The components of a running master. Each depends only on those declared before it.
class Master {
 public:
  Master(const MasterOptions& options, Logger& logger, DataFolder& folder, JobStore& store)
      : options_(options),
        logger_(logger),
        folder_(folder),
        store_(store),
        files_(kFileThreads),
        cpu_(std::max(1U, options.threads)),
        coordinator_(loop_, scheduler_options(options)),
        events_(loop_.get_executor()),
        logs_(events_),
        metrics_(options.version),
        hub_(loop_,
             {.coordinator = coordinator_, .logs = logs_, .events = events_, .metrics = metrics_, .logger = logger},
             session_options()),
        engine_({.loop = loop_,
                 .cpu = cpu_,
                 .files = files_,
                 .threads = std::max(1U, options.threads),
                 .coordinator = coordinator_,
                 .hub = hub_,
                 .folder = folder,
                 .store = store,
                 .logs = logs_,
                 .events = events_,
                 .metrics = metrics_,
                 .logger = logger},
                options.memory_bytes, options.jobs_at_once, options.limits),
        api_{.engine = engine_,
             .folder = folder,
             .store = store,
             .logs = logs_,
             .events = events_,
             .metrics = metrics_,
             .files = files_,
             .cpu = cpu_,
             .version = options.version,
             .started = wall_now(),
             .ready = [this] { return ready(); },
             .connections = [this] { return server_.connections(); }},
        server_(loop_, files_, make_routes(api_), server_limits(options)),
        tick_timer_(loop_),
        folder_timer_(loop_) {
    api_.limits.max_upload_bytes = options.max_upload_bytes;
    api_.logger = &logger;
    server_.on_response = observe_requests(api_);
    server_.on_error = [this](const Error& error) { logger_.warn("HTTP", {{"reason", error.text()}}); };
  }

  Result<void> run(std::stop_token stop, const std::function<void(const MasterAddresses&)>& listening) {
    MasterAddresses addresses;
    ECE465_ASSIGN(addresses.workers, hub_.listen(options_.workers));
    api_.worker_port = addresses.workers.port;
    auto http = server_.listen(options_.http);
    if (!http) return std::unexpected(std::move(http).error());
    addresses.http = *http;
    net::spawn(loop_, begin(this));
    net::spawn(loop_, tick(this));
    net::spawn(loop_, check_folder(this));
    logger_.info("master listening", {{"http", addresses.http.to_string()},
                                      {"workers", addresses.workers.to_string()},
                                      {"data", options_.data_dir.string()}});
    listening(addresses);
    const std::stop_callback on_stop(std::move(stop),
                                     [this] { asio::post(loop_, [this] { net::spawn(loop_, end(this)); }); });
    const auto work = asio::make_work_guard(loop_);
    loop_.run();
    files_.join();
    cpu_.join();
    return std::move(outcome_);
  }

 private:
  static net::Task<void> begin(Master* master) {
    auto resumed = co_await master->engine_.resume();
    if (resumed) {
      master->ready_ = true;
      co_return;
    }
    master->outcome_ = std::unexpected(std::move(resumed).error());
    co_await end(master);
  }

  static net::Task<void> tick(Master* master) {
    while (!master->stopping_) {
      master->tick_timer_.expires_after(kTickInterval);
      co_await net::wait(master->tick_timer_);
      master->engine_.tick();
    }
  }

  [[nodiscard]] Result<void> ready() const {
    if (!ready_) return fail(Errc::unavailable, "The master is starting or stopping.");
    if (!folder_error_.empty()) return fail(Errc::unavailable, "{}", folder_error_);
    // A file system that hangs, such as a network volume, does not even return an error.
    if (folder_check_started_ && std::chrono::steady_clock::now() - *folder_check_started_ > kFolderCheckTimeout) {
      return fail_on(options_.data_dir.string(), Errc::unavailable, "the data folder does not respond");
    }
    return {};
  }

  /// Checks periodically whether the data folder is usable, and reports when that changes.
  static net::Task<void> check_folder(Master* master) {
    while (!master->stopping_) {
      master->folder_check_started_ = std::chrono::steady_clock::now();
      const auto checked = co_await net::offload(master->files_, [master]() -> Result<void> {
        ECE465_TRY(master->folder_.follow());
        return master->store_.follow();
      });
      master->folder_check_started_.reset();
      if (master->stopping_) co_return;
      master->on_folder_checked(checked ? std::string() : checked.error().text());
      master->folder_timer_.expires_after(kFolderCheckInterval);
      co_await net::wait(master->folder_timer_);
    }
  }

  void on_folder_checked(std::string trouble) {
    const std::string before = std::exchange(folder_error_, std::move(trouble));
    if (folder_error_ == before) return;
    if (folder_error_.empty()) {
      logger_.info("data folder is usable again", {{"data", options_.data_dir.string()}});
      logs_.add(kMasterSource, "The data folder is usable again.");
    } else {
      logger_.error("data folder is not usable", {{"reason", folder_error_}});
      logs_.add(kMasterSource, fmt::format("The data folder is not usable: {}", folder_error_));
    }
  }

  /// In order of dependency: jobs need workers, and clients are connected until they have seen the jobs end.
  static net::Task<void> end(Master* master) {
    if (std::exchange(master->stopping_, true)) co_return;
    master->ready_ = false;
    master->logger_.info("master stopping", {{"connections", master->server_.connections()}});
    co_await master->engine_.stop(master->options_.stop_limit);
    co_await master->hub_.stop(kShutdownTimeout);
    master->events_.close();
    co_await master->server_.stop(kShutdownTimeout);
    master->coordinator_.stop();
    master->tick_timer_.cancel();
    master->folder_timer_.cancel();
    master->logger_.info("master stopped", {});
    master->loop_.stop();
  }

  const MasterOptions& options_;
  Logger& logger_;
  DataFolder& folder_;
  JobStore& store_;
  bool ready_ = false, stopping_ = false;
  std::string folder_error_;  // empty: none
  std::optional<std::chrono::steady_clock::time_point> folder_check_started_;
  Result<void> outcome_;
  asio::io_context loop_{1};
  asio::thread_pool files_, cpu_;
  Coordinator coordinator_;
  EventStream events_;
  RecentLog logs_;
  Metrics metrics_;
  WorkerHub hub_;
  MasterEngine engine_;
  ApiContext api_;
  http::Server server_;
  asio::steady_timer tick_timer_, folder_timer_;
};

}  // namespace

Result<void> run_master(const MasterOptions& options, Logger& logger, std::stop_token stop,
                        const std::function<void(const MasterAddresses&)>& listening) {
  ECE465_ASSIGN(auto folder, DataFolder::open(options.data_dir));
  ECE465_ASSIGN(auto store, JobStore::open(folder.path()));
  for (const auto& note : store.notes()) logger.warn("job store", {{"note", note}});
  Master master(options, logger, folder, store);
  return master.run(std::move(stop), listening);
}

}  // namespace ece465::cluster
