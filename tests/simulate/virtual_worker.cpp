#include "virtual_worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ece465::simulate {

using mapreduce::Outcome;
using mapreduce::Phase;

VirtualWorker::VirtualWorker(const WorkerPlan& plan, std::uint64_t seed, bool faithful_network,
                             Dependencies surroundings)
    : plan_(plan),
      random_(seed),
      faithful_network_(faithful_network),
      world_(std::move(surroundings)),
      up_(plan.link_bytes_per_second),
      down_(plan.link_bytes_per_second) {
  world_.timeline->at(plan_.joins, [this] { world_.connect(*this); });
  if (plan_.crashes) world_.timeline->at(*plan_.crashes, [this] { crash(); });
  if (plan_.leaves) {
    world_.timeline->at(*plan_.leaves, [this] {
      if (!connection_) return;
      leaving_ = true;
      world_.send(*this, Bye{});
    });
  }
}

void VirtualWorker::connected(mapreduce::WorkerId as) {
  connection_ = as;
  if (plan_.spec.heartbeat) beat(as);
}

void VirtualWorker::beat(mapreduce::WorkerId connection) {
  if (connection_ != connection) return;
  const Time now = world_.timeline->now();
  if (!plan_.hangs || !plan_.hangs->contains(now)) world_.send(*this, Heartbeat{});
  world_.timeline->in(5s, [this, connection] { beat(connection); });
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
  // Not begun yet: say so at once. The one being computed is at the front only while it is not in the queue.
  const auto waiting = std::ranges::find(queue_, drop.attempt, &Request::attempt);
  if (waiting == queue_.end()) return;
  const Request request = *waiting;
  queue_.erase(waiting);
  answer(request, {.attempt = request.attempt, .outcome = Outcome::dropped, .result = {}, .bytes = 64});
}

void VirtualWorker::on(const PingRequest&) {
  if (!plan_.hangs || !plan_.hangs->contains(world_.timeline->now())) world_.send(*this, Heartbeat{});
}

void VirtualWorker::begin_next() {
  if (busy_ || queue_.empty()) return;
  const Time now = world_.timeline->now();
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
  if (request.poisonous) return crash();
  Answer reply{.attempt = request.attempt, .outcome = Outcome::good, .result = {}, .bytes = 2048};
  auto samples = request.samples;
  if (request.from) {
    const auto kept = kept_.find(*request.from);
    if (kept == kept_.end() || random_.chance(plan_.forgets)) {
      reply.outcome = Outcome::not_kept;
      return answer(request, std::move(reply));
    }
    samples = kept->second.samples;
  }
  if (random_.chance(plan_.fails)) {
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
  if (random_.chance(plan_.lies)) spoil(reply.result, random_.next());
  if (random_.chance(plan_.forges)) {
    // As if it were somebody else's question. (Its answer to another question of its own would be plausible.)
    if (const auto foreign = world_.foreign_attempt(*connection_)) reply.attempt = *foreign;
  }
  answer(request, std::move(reply));
  check_memory();
}

void VirtualWorker::answer(const Request& request, Answer answer) {
  if (request.from) forget(*request.from);  // whatever the answer
  if (const auto open = open_.find(request.attempt); open != open_.end()) {
    bytes_open_ -= open->second;
    open_.erase(open);
  }
  world_.send(*this, std::move(answer));
}

void VirtualWorker::forget(mapreduce::AttemptId attempt) {
  const auto kept = kept_.find(attempt);
  if (kept == kept_.end()) return;
  bytes_kept_ -= kept->second.bytes;
  kept_.erase(kept);
}

void VirtualWorker::check_memory() const {
  // Messages that come twice, or DROPs that do not come, make a worker hold more; that is not the master's fault.
  if (!faithful_network_) return;
  const auto& spec = plan_.spec;
  if (open_.size() > spec.max_tasks) {
    world_.complain(fmt::format("a worker holds {} requests, and said {}", open_.size(), spec.max_tasks));
  }
  if (bytes_open_ > spec.credit_bytes && open_.size() > 1) {
    world_.complain(fmt::format("a worker holds {} bytes, and said {}", bytes_open_, spec.credit_bytes));
  }
  if (bytes_kept_ > spec.keep_bytes) {
    world_.complain(fmt::format("a worker keeps {} bytes, and said {}", bytes_kept_, spec.keep_bytes));
  }
}

void VirtualWorker::crash() {
  if (!connection_) return;
  if (!plan_.silently) world_.master_sees_end(*this);
  lose_everything();
  come_back();
}

void VirtualWorker::disconnected() {
  if (!connection_) return;
  lose_everything();
  if (!leaving_) come_back();
}

void VirtualWorker::come_back() {
  if (!plan_.returns) return;
  world_.timeline->in(*plan_.returns, [this] {
    if (!connection_) world_.connect(*this);
  });
}

void VirtualWorker::lose_everything() {
  connection_.reset();
  busy_ = false;
  queue_.clear();
  open_.clear();
  kept_.clear();
  bytes_kept_ = bytes_open_ = 0;
}

void VirtualWorker::later(Time when, std::function<void()> what) {
  world_.timeline->at(when, [this, connection = connection_, what = std::move(what)] {
    if (connection_ == connection) what();
  });
}

}  // namespace ece465::simulate
