#include "virtual_worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ece465::simulate {

using mapreduce::Outcome;
using mapreduce::Phase;

VirtualWorker::VirtualWorker(const WorkerPlan& plan, std::uint64_t seed, bool reliable_network,
                             Dependencies dependencies)
    : plan_(plan),
      random_(seed),
      reliable_network_(reliable_network),
      deps_(std::move(dependencies)),
      up_(plan.link_bytes_per_second),
      down_(plan.link_bytes_per_second) {
  deps_.timeline->at(plan_.joins, [this] { deps_.connect(*this); });
  if (plan_.crashes) deps_.timeline->at(*plan_.crashes, [this] { crash(); });
  if (plan_.leaves) {
    deps_.timeline->at(*plan_.leaves, [this] {
      if (!connection_) return;
      leaving_ = true;
      deps_.send(*this, Bye{});
    });
  }
}

void VirtualWorker::connected(mapreduce::WorkerId as) {
  connection_ = as;
  if (plan_.spec.heartbeat) send_heartbeat(as);
}

void VirtualWorker::send_heartbeat(mapreduce::WorkerId connection) {
  if (connection_ != connection) return;
  const Time now = deps_.timeline->now();
  if (!plan_.hangs || !plan_.hangs->contains(now)) deps_.send(*this, Heartbeat{});
  deps_.timeline->in(5s, [this, connection] { send_heartbeat(connection); });
}

void VirtualWorker::receive(const ToWorker& message) {
  std::visit([this](const auto& what) { on(what); }, message);
}

void VirtualWorker::on(const Request& request) {
  if (open_.emplace(request.attempt, request.body_bytes()).second) bytes_open_ += request.body_bytes();
  check_memory();
  queue_.push_back(request);
  begin_next();
}

void VirtualWorker::on(const DropRequest& drop) {
  forget(drop.attempt);
  // A request that has not started is answered immediately. The one being computed is not in the queue.
  const auto waiting = std::ranges::find(queue_, drop.attempt, &Request::attempt);
  if (waiting == queue_.end()) return;
  const Request request = *waiting;
  queue_.erase(waiting);
  answer(request, {.attempt = request.attempt, .outcome = Outcome::dropped, .result = {}, .bytes = 64});
}

void VirtualWorker::on(const PingRequest&) {
  if (!plan_.hangs || !plan_.hangs->contains(deps_.timeline->now())) deps_.send(*this, Heartbeat{});
}

void VirtualWorker::begin_next() {
  if (busy_ || queue_.empty()) return;
  const Time now = deps_.timeline->now();
  for (const auto& pause : {plan_.hangs, plan_.stuck}) {
    if (!pause || !pause->contains(now)) continue;
    busy_ = true;
    later(pause->until, [this] {
      busy_ = false;
      begin_next();
    });
    return;
  }
  busy_ = true;
  const Request request = std::move(queue_.front());
  queue_.pop_front();
  const double slower = plan_.slows_down && *plan_.slows_down <= now ? plan_.slower : 1;
  const double work = static_cast<double>(request.bytes) / plan_.bytes_per_second * slower;
  later(now + seconds(std::min(work, 86400.0)), [this, request] {
    busy_ = false;
    finish(request);
    if (connection_) begin_next();
  });
}

void VirtualWorker::finish(const Request& request) {
  if (request.crashes_worker) return crash();
  Answer reply{.attempt = request.attempt, .outcome = Outcome::good, .result = {}, .bytes = 2048};
  auto samples = request.samples;
  if (request.from) {
    const auto kept = kept_.find(*request.from);
    if (kept == kept_.end() || random_.chance(plan_.forgotten)) {
      reply.outcome = Outcome::not_kept;
      return answer(request, std::move(reply));
    }
    samples = kept->second.samples;
  }
  if (random_.chance(plan_.failed)) {
    reply.outcome = Outcome::failed;
    return answer(request, std::move(reply));
  }
  if (request.phase == Phase::map) {
    reply.result.histogram = count(*samples, request.bits);
    if (request.keep && !kept_.contains(request.attempt)) {
      kept_[request.attempt] = {samples, request.bytes};
      bytes_kept_ += request.bytes;
    }
  } else {
    reply.result.samples = map(*samples, *request.table);
    reply.bytes = request.bytes;
  }
  reply.result.checksum = checksum(reply.result);
  if (random_.chance(plan_.invalid_results)) invalidate(reply.result, random_.next());
  if (random_.chance(plan_.forged)) {
    // Answers another worker's request. (As an answer to another of its own requests it would be plausible.)
    if (const auto foreign = deps_.foreign_attempt(*connection_)) reply.attempt = *foreign;
  }
  answer(request, std::move(reply));
  check_memory();
}

void VirtualWorker::answer(const Request& request, Answer answer) {
  if (request.from) forget(*request.from);  // regardless of the answer
  if (const auto open = open_.find(request.attempt); open != open_.end()) {
    bytes_open_ -= open->second;
    open_.erase(open);
  }
  deps_.send(*this, std::move(answer));
}

void VirtualWorker::forget(mapreduce::AttemptId attempt) {
  const auto kept = kept_.find(attempt);
  if (kept == kept_.end()) return;
  bytes_kept_ -= kept->second.bytes;
  kept_.erase(kept);
}

void VirtualWorker::check_memory() const {
  // Duplicated messages and lost DROPs make a worker hold more than the master knows.
  if (!reliable_network_) return;
  const auto& spec = plan_.spec;
  if (open_.size() > spec.max_tasks) {
    deps_.report(fmt::format("a worker holds {} requests; its limit is {}", open_.size(), spec.max_tasks));
  }
  if (bytes_open_ > spec.credit_bytes && open_.size() > 1) {
    deps_.report(fmt::format("a worker holds {} bytes; its limit is {}", bytes_open_, spec.credit_bytes));
  }
  if (bytes_kept_ > spec.keep_bytes) {
    deps_.report(fmt::format("a worker keeps {} bytes; its limit is {}", bytes_kept_, spec.keep_bytes));
  }
}

void VirtualWorker::crash() {
  if (!connection_) return;
  if (!plan_.silent) deps_.master_sees_end(*this);
  reset_connection();
  reconnect();
}

void VirtualWorker::disconnected() {
  if (!connection_) return;
  reset_connection();
  if (!leaving_) reconnect();
}

void VirtualWorker::reconnect() {
  if (!plan_.returns) return;
  deps_.timeline->in(*plan_.returns, [this] {
    if (!connection_) deps_.connect(*this);
  });
}

void VirtualWorker::reset_connection() {
  connection_.reset();
  busy_ = false;
  queue_.clear();
  open_.clear();
  kept_.clear();
  bytes_kept_ = bytes_open_ = 0;
}

void VirtualWorker::later(Time when, std::function<void()> what) {
  deps_.timeline->at(when, [this, connection = connection_, what = std::move(what)] {
    if (connection_ == connection) what();
  });
}

}  // namespace ece465::simulate
