#include "worker/role.hpp"

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

WorkerRole::WorkerRole(asio::io_context& loop, asio::thread_pool& cpu, const WorkerOptions& options, Logger& logger)
    : cpu_(cpu),
      options_(options),
      logger_(logger),
      handshake_(options.id, offer_of(options), options.limits, times_of(options)),
      backoff_(options.reconnect_min, options.reconnect_max, options.seed),
      gate_(loop.get_executor()),
      stop_event_(loop.get_executor()) {}

net::Task<void> WorkerRole::run() {
  while (!stopping_) {
    auto stream = co_await net::connect(options_.master, options_.connect_limit, connecting_.get_token());
    if (stopping_) break;
    if (stream) {
      co_await work_for(*std::move(stream));
    } else {
      unreachable("the master cannot be reached", stream.error());
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

net::Task<void> WorkerRole::work_for(net::Stream stream) {
  session_.emplace(std::move(stream), handshake_, cpu_, options_, logger_);
  const Ending ending = co_await session_->run();
  session_.reset();
  if (!ending.registered) {
    if (!stopping_) unreachable("the master did not register this worker", ending.why);
    co_return;
  }
  failures_ = 0;
  reminder_.reset();
  // One that took longer than any pause was not one of a series of failures. Shorter ones may be: of two workers with
  // one id, each throws the other out.
  if (ending.lived >= options_.reconnect_max) backoff_.reset();
  const LogFields fields{{"master", options_.master.to_string()},
                         {"seconds", seconds(ending.lived)},
                         {"answered", ending.answered},
                         {"reason", ending.why.text()}};
  if (stopping_ || ending.master_left) {
    logger_.info(stopping_ ? "left the master" : "the master left", fields);
  } else {
    logger_.warn("lost the master", fields);
  }
}

/// Told of now and then, until a connection comes about: whoever looks at the log later should find it there, too.
void WorkerRole::unreachable(std::string_view what, const Error& error) {
  const auto now = std::chrono::steady_clock::now();
  const LogLevel level = reminder_.due(now) ? LogLevel::warn : LogLevel::debug;
  logger_.log(level, what,
              {{"master", options_.master.to_string()},
               {"error", error.text()},
               {"attempt", ++failures_},
               {"seconds", seconds(reminder_.since(now))}});
}

void WorkerRole::stop() {
  if (std::exchange(stopping_, true)) return;
  connecting_.request_stop();
  stop_event_.notify();
  if (!session_) return;
  session_->leave();
  asio::co_spawn(stop_event_.executor(), hurry(gate_.enter()), asio::detached);
}

/// What has not ended in good order by then ends at once.
net::Task<void> WorkerRole::hurry(net::Gate::Pass /*pass*/) {
  const auto end = std::chrono::steady_clock::now() + options_.stop_limit;
  while (gate_.open()) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= net::Duration::zero()) break;
    co_await stop_event_.wait(left);
  }
  if (session_) session_->close();
}

Result<void> run_worker(const WorkerOptions& asked, Logger& logger, std::stop_token stop) {
  if (auto fine = wire::check_worker_id(asked.id, asked.limits); !fine) return about("worker id", fine.error());
  if (asked.threads == 0 || asked.credit_bytes == 0 || asked.payload_bytes == 0) {
    return fail(Errc::usage, "a worker needs at least one thread, and some bytes of credit and payload");
  }
  WorkerOptions options = asked;
  while (options.seed == 0) options.seed = std::random_device()();
  logger.info("worker started", {{"worker", options.id},
                                 {"master", options.master.to_string()},
                                 {"threads", options.threads},
                                 {"credit", options.credit_bytes},
                                 {"memory", options.memory_bytes}});
  logger.debug("pauses between attempts to connect are drawn", {{"seed", options.seed}});

  asio::io_context loop(1);
  asio::thread_pool cpu(options.threads);
  WorkerRole role(loop, cpu, options, logger);
  asio::co_spawn(loop, role.run(), asio::detached);
  const std::stop_callback when_stopped(stop, [&] { asio::post(loop, [&role] { role.stop(); }); });
  loop.run();
  return {};
}

}  // namespace ece465::cluster
