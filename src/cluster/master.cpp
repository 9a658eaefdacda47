#include "ece465/cluster/master.hpp"

#include <algorithm>
#include <asio/executor_work_guard.hpp>

#include "api/api.hpp"
#include "ece465/http/server.hpp"
#include "ece465/net/offload.hpp"
#include "jobs/master_engine.hpp"

namespace ece465::cluster {
namespace {

constexpr unsigned kFileThreads = 4;  // for calls that wait for a disk: reads of uploads and downloads, the job store
constexpr auto kTick = std::chrono::milliseconds(500);
constexpr auto kHeartbeat = std::chrono::seconds(5);
/// How often is looked whether the data folder is well, and how long the file system may take to say so.
constexpr auto kLookPause = std::chrono::seconds(1);
constexpr auto kLookLimit = std::chrono::seconds(10);
/// What a stop leaves for workers to say BYE and for requests to end, beside the jobs' own limit.
constexpr auto kFarewell = std::chrono::seconds(2);

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
  constexpr std::uint64_t kAroundAFile = std::uint64_t{1} << 20;  // multipart's own lines, other fields of a form
  limits.max_body_bytes = options.max_upload_bytes + kAroundAFile;
  return limits;
}

/// Everything that a running master is made of, in the order in which one part stands on another.
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
        clock_(loop_),
        next_look_(loop_) {
    api_.limits.max_upload_bytes = options.max_upload_bytes;
    api_.logger = &logger;
    server_.observe = observe_requests(api_);
    server_.trouble = [this](const Error& error) { logger_.warn("HTTP", {{"reason", error.text()}}); };
  }

  Result<void> run(std::stop_token stop, const std::function<void(const MasterAddresses&)>& listening) {
    MasterAddresses addresses;
    ECE465_ASSIGN(addresses.workers, hub_.listen(options_.workers));
    api_.worker_port = addresses.workers.port;
    auto http = server_.listen(options_.http);
    if (!http) return std::unexpected(std::move(http).error());
    addresses.http = *http;
    asio::co_spawn(loop_, begin(this), asio::detached);
    asio::co_spawn(loop_, tick(this), asio::detached);
    asio::co_spawn(loop_, watch_folder(this), asio::detached);
    logger_.info("master listening", {{"http", addresses.http.to_string()},
                                      {"workers", addresses.workers.to_string()},
                                      {"data", options_.data_dir.string()}});
    listening(addresses);
    const std::stop_callback on_stop(
        std::move(stop), [this] { asio::post(loop_, [this] { asio::co_spawn(loop_, end(this), asio::detached); }); });
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
      master->clock_.expires_after(kTick);
      co_await master->clock_.async_wait(net::kNoThrow);
      master->engine_.tick();
    }
  }

  [[nodiscard]] Result<void> ready() const {
    if (!ready_) return fail(Errc::unavailable, "The master starts or stops.");
    if (!folder_trouble_.empty()) return fail(Errc::unavailable, "{}", folder_trouble_);
    // A file system that hangs answers nothing at all: a volume in the network, for instance.
    if (looking_since_ && std::chrono::steady_clock::now() - *looking_since_ > kLookLimit) {
      return fail_on(options_.data_dir.string(), Errc::unavailable, "the data folder does not answer");
    }
    return {};
  }

  /// Looks again and again whether the data folder is there, and tells when that changes.
  static net::Task<void> watch_folder(Master* master) {
    while (!master->stopping_) {
      master->looking_since_ = std::chrono::steady_clock::now();
      const auto looked = co_await net::offload(master->files_, [master]() -> Result<void> {
        ECE465_TRY(master->folder_.follow());
        return master->store_.follow();
      });
      master->looking_since_.reset();
      if (master->stopping_) co_return;
      master->found_folder(looked ? std::string() : looked.error().text());
      master->next_look_.expires_after(kLookPause);
      co_await master->next_look_.async_wait(net::kNoThrow);
    }
  }

  void found_folder(std::string trouble) {
    const std::string before = std::exchange(folder_trouble_, std::move(trouble));
    if (folder_trouble_ == before) return;
    if (folder_trouble_.empty()) {
      logger_.info("the data folder is well again", {{"data", options_.data_dir.string()}});
      logs_.add(kMasterSource, "The data folder is well again.");
    } else {
      logger_.error("the data folder cannot be used", {{"reason", folder_trouble_}});
      logs_.add(kMasterSource, fmt::format("The data folder cannot be used: {}", folder_trouble_));
    }
  }

  /// In the order in which things depend on each other: jobs need workers, and people want to see how they end.
  static net::Task<void> end(Master* master) {
    if (std::exchange(master->stopping_, true)) co_return;
    master->ready_ = false;
    master->logger_.info("master stopping", {{"connections", master->server_.connections()}});
    co_await master->engine_.stop(master->options_.stop_limit);
    co_await master->hub_.stop(kFarewell);
    master->events_.close();
    co_await master->server_.stop(kFarewell);
    master->coordinator_.stop();
    master->clock_.cancel();
    master->next_look_.cancel();
    master->logger_.info("master stopped", {});
    master->loop_.stop();
  }

  const MasterOptions& options_;
  Logger& logger_;
  DataFolder& folder_;
  JobStore& store_;
  bool ready_ = false, stopping_ = false;
  std::string folder_trouble_;  // empty: it is well
  std::optional<std::chrono::steady_clock::time_point> looking_since_;
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
  asio::steady_timer clock_, next_look_;
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
