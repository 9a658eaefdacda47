#include "worker/worker.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "ece465/base/seconds.hpp"
#include "ece465/net/asio.hpp"
#include "ece465/text/tally.hpp"
#include "ece465/wire/worker_id.hpp"

namespace ece465::cluster {
namespace {

wire::Offer offer_of(const WorkerOptions& options) {
  wire::Offer offer;
  offer.threads = options.threads;
  offer.credit_bytes = options.credit_bytes;
  offer.memory_bytes = options.memory_bytes;
  offer.payload_bytes = options.payload_bytes;
  offer.checksum = true;
  offer.maps.assign(text::kKindNames.begin(), text::kKindNames.end());
  return offer;
}

wire::HandshakeTimeouts times_of(const WorkerOptions& options) {
  wire::HandshakeTimeouts times;
  times.registration = options.registration_limit;
  return times;
}

}  // namespace

Worker::Worker(asio::io_context& loop, asio::thread_pool& cpu, const WorkerOptions& options, Logger& logger)
    : cpu_(cpu),
      options_(options),
      logger_(logger),
      handshake_(options.id, offer_of(options), options.limits, times_of(options)),
      backoff_(options.reconnect_min, options.reconnect_max, options.seed),
      gate_(loop.get_executor()),
      stop_event_(loop.get_executor()) {}

net::Task<void> Worker::run() {
  while (!stopping_) {
    auto stream = co_await net::connect(options_.master, options_.connect_limit, connecting_.get_token());
    if (stopping_) break;
    if (stream) {
      co_await run_session(*std::move(stream));
    } else {
      log_unreachable("the master cannot be reached", stream.error());
    }
    if (stopping_) break;
    const auto pause = backoff_.next();
    logger_.debug("pausing before the next attempt", {{"ms", pause.count()}});
    co_await stop_event_.wait(pause);
  }
  gate_.close();
  stop_event_.notify();
  co_await gate_.drained();
}

net::Task<void> Worker::run_session(net::Stream stream) {
  session_.emplace(std::move(stream), handshake_, cpu_, options_, logger_);
  const SessionResult result = co_await session_->run();
  session_.reset();
  if (!result.registered) {
    if (!stopping_) log_unreachable("the master did not register this worker", result.why);
    co_return;
  }
  failures_ = 0;
  failure_log_.reset();
  // Short sessions count as failures: two workers with the same id keep replacing each other at the master.
  if (result.lived >= options_.reconnect_max) backoff_.reset();
  const LogFields fields{{"master", options_.master.to_string()},
                         {"seconds", seconds(result.lived)},
                         {"answered", result.answered},
                         {"reason", result.why.text()}};
  if (stopping_ || result.master_left) {
    logger_.info(stopping_ ? "left the master" : "the master left", fields);
  } else {
    logger_.warn("lost the master", fields);
  }
}

/// Warns from time to time for as long as it lasts, so that the log shows it whenever someone looks.
void Worker::log_unreachable(std::string_view what, const Error& error) {
  const auto now = std::chrono::steady_clock::now();
  const LogLevel level = failure_log_.due(now) ? LogLevel::warn : LogLevel::debug;
  logger_.log(level, what,
              {{"master", options_.master.to_string()},
               {"error", error.text()},
               {"attempt", ++failures_},
               {"seconds", seconds(failure_log_.since(now))}});
}

void Worker::stop() {
  if (std::exchange(stopping_, true)) return;
  connecting_.request_stop();
  stop_event_.notify();
  if (!session_) return;
  session_->leave();
  net::spawn(stop_event_.executor(), close_after_limit(gate_.enter()));
}

/// Closes the session if it has not ended by `stop_limit`.
net::Task<void> Worker::close_after_limit(net::Gate::Pass /*pass*/) {
  const auto end = std::chrono::steady_clock::now() + options_.stop_limit;
  while (gate_.open()) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= net::Duration::zero()) break;
    co_await stop_event_.wait(left);
  }
  if (session_) session_->close();
}

Result<void> run_worker(const WorkerOptions& asked, Logger& logger, std::stop_token stop) {
  if (auto valid = wire::check_worker_id(asked.id, asked.limits); !valid) return about("worker id", valid.error());
  if (asked.threads == 0 || asked.credit_bytes == 0 || asked.payload_bytes == 0) {
    return fail(Errc::usage, "threads, credit and payload must not be 0");
  }
  WorkerOptions options = asked;
  while (options.seed == 0) options.seed = std::random_device()();
  logger.info("worker started", {{"worker", options.id},
                                 {"master", options.master.to_string()},
                                 {"threads", options.threads},
                                 {"credit", options.credit_bytes},
                                 {"memory", options.memory_bytes}});
  logger.debug("reconnect pauses are random", {{"seed", options.seed}});

  asio::io_context loop(1);
  asio::thread_pool cpu(options.threads);
  Worker worker(loop, cpu, options, logger);
  net::spawn(loop, worker.run());
  const std::stop_callback when_stopped(stop, [&] { asio::post(loop, [&worker] { worker.stop(); }); });
  loop.run();
  return {};
}

}  // namespace ece465::cluster
