#include "dispatch/worker_hub.hpp"

#include "observability/json.hpp"

namespace ece465::cluster {
namespace {

constexpr std::size_t kMaxConnections = 20'000;

}  // namespace

WorkerHub::WorkerHub(asio::io_context& context, const Dependencies& dependencies, const SessionOptions& options)
    : context_(context),
      deps_(dependencies),
      options_(options),
      dialects_(options.limits.max_remembered_ids),
      gate_(context.get_executor()) {}

Result<net::Address> WorkerHub::listen(const net::Address& address) {
  auto listener = net::Listener::open(context_, address);
  if (!listener) return std::unexpected(std::move(listener).error());
  listener_.emplace(*std::move(listener));
  net::spawn(context_, accept(this));
  return listener_->address();
}

net::Task<void> WorkerHub::accept(WorkerHub* hub) {
  const auto pass = hub->gate_.enter();
  co_await hub->listener_->accept(
      [hub](net::Stream stream) { return hub->serve(std::move(stream)); }, hub->gate_, kMaxConnections,
      [hub](const Error& error) { hub->deps_.logger.warn("cannot accept workers", {{"reason", error.text()}}); });
}

net::Task<void> WorkerHub::serve(net::Stream stream) {
  const auto session =
      std::make_shared<WorkerSession>(std::move(stream), *this, deps_.coordinator, dialects_, deps_.logger, options_);
  sessions_.insert(session);
  co_await session->run();
  sessions_.erase(session);
}

net::Task<void> WorkerHub::stop(net::Duration limit) {
  gate_.close();
  if (listener_) listener_->stop();
  const auto all = sessions_;  // a copy: a session that ends removes itself
  for (const auto& session : all) session->say_bye();
  if (co_await gate_.drained(limit)) co_return;
  const auto open = sessions_;
  for (const auto& session : open) session->hang_up("the master is stopping");
  std::ignore = co_await gate_.drained(std::chrono::seconds(1));
}

std::vector<WorkerStatus> WorkerHub::workers() const {
  std::vector<WorkerStatus> all;
  all.reserve(registered_.size());
  for (const auto& [id, session] : registered_) all.push_back(session->status());
  return all;
}

void WorkerHub::publish() {
  for (const auto& [source, lines] : log_limiter_.due(std::chrono::steady_clock::now())) {
    const std::string who = source.empty() ? "many workers" : source;
    deps_.logs.add(kMasterSource, fmt::format("{} log lines of {} suppressed: too many at once", lines, who));
    deps_.logger.warn("log lines of a worker suppressed", {{"worker", who}, {"lines", lines}});
  }
  if (!deps_.events.has_subscribers()) return;
  for (const auto& [id, session] : registered_) {
    deps_.events.publish("worker", worker_json(session->status()), "worker/" + id);
  }
}

void WorkerHub::on_registered(const std::shared_ptr<WorkerSession>& session) {
  const std::string& id = session->id();
  // An older connection with this id is probably dead, but its end was not detected.
  if (const auto old = registered_.find(id); old != registered_.end()) {
    const auto replaced = old->second;
    replaced->hang_up("it registered again");
  }
  registered_.insert_or_assign(id, session);
  const auto dialect = wire::dialect_name(session->dialect());
  deps_.logger.info("worker joined", {{"worker", id}, {"peer", session->status().peer}, {"dialect", dialect}});
  deps_.logs.add(kMasterSource, fmt::format("Worker {} joined ({})", id, dialect));
  deps_.metrics.worker_joined();
  if (deps_.events.has_subscribers()) deps_.events.publish("worker", worker_json(session->status()), "worker/" + id);
}

void WorkerHub::on_disconnected(const std::shared_ptr<WorkerSession>& session, std::string_view why) {
  const std::string& id = session->id();
  deps_.logger.info("worker disconnected", {{"worker", id}, {"reason", why}});
  deps_.metrics.worker_lost(session->left_cleanly() ? "left" : "lost");
  const auto at = registered_.find(id);
  if (at == registered_.end() || at->second != session) return;  // it has already reconnected
  registered_.erase(at);
  deps_.logs.add(kMasterSource, fmt::format("Worker {} disconnected: {}", id, why));
  deps_.events.publish("worker_lost", worker_lost_json(id));
}

void WorkerHub::on_log(const std::string& worker, const std::string& text) {
  if (!log_limiter_.take(worker, std::chrono::steady_clock::now())) return;
  // A worker must not pass for the master, whose lines are recognized by their source.
  deps_.logs.add(worker == kMasterSource ? fmt::format("worker {}", worker) : worker, text);
  deps_.logger.debug("worker log", {{"worker", worker}, {"text", text}});
}

void WorkerHub::on_transfer(std::uint64_t sent, std::uint64_t received) {
  bytes_sent_ += sent;
  bytes_received_ += received;
  deps_.metrics.bytes_sent(sent);
  deps_.metrics.bytes_received(received);
}

}  // namespace ece465::cluster
