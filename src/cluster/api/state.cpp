#include <nlohmann/json.hpp>

#include "api/handlers.hpp"
#include "api/responses.hpp"
#include "api/route_table.hpp"
#include "ece465/net/offload.hpp"
#include "observability/json.hpp"

namespace ece465::cluster {
namespace {

using http::Request;
using http::Response;
using json = nlohmann::ordered_json;

constexpr std::size_t kJobsInHello = 20;

std::size_t connections(const ApiContext& context) { return context.connections ? context.connections() : 0; }

/// A JSON array of at most `max` items.
template <class Items, class ToJson>
std::string array_of(const Items& items, ToJson to_json, std::size_t max = ~std::size_t{0}) {
  std::string text = "[";
  std::size_t n = 0;
  for (const auto& item : items) {
    if (n == max) break;
    if (n++ > 0) text += ',';
    text += to_json(item);
  }
  return text + "]";
}

/// The first event, the current state. Later events are changes to it.
std::string hello(const ApiContext& context) {
  return fmt::format(R"({{"version":{},"worker_port":{},"jobs":{},"workers":{}}})", json(context.version).dump(),
                     context.worker_port, array_of(context.engine.jobs(), job_json, kJobsInHello),
                     array_of(context.engine.workers(), worker_json));
}

/// Writes events until the client disconnects or the master stops.
net::Task<Result<void>> send_events(ApiContext& context, net::Stream& stream) {
  // Subscribe before composing `hello`, so that no change is missed.
  EventStream::Subscriber subscriber(context.events);
  std::string text = event_text("hello", hello(context));
  for (;;) {
    ECE465_CO_TRY(co_await stream.write(as_bytes(text), context.limits.subscriber_write_limit));
    auto next = co_await subscriber.next(context.limits.heartbeat);
    if (!next) co_return Result<void>{};
    text = std::move(*next);
    // Lets both sides detect a lost connection.
    if (text.empty()) text = event_text("beat", "{}");
  }
}

}  // namespace

net::Task<Response> list_nodes(Api& api, Request& /*request*/) {
  json ids = json::array();
  for (const WorkerStatus& worker : api.context.engine.workers()) ids.push_back(worker.id);
  const json text{{"connected_workers", std::move(ids)}};
  co_return Response::json(200, text.dump(-1, ' ', false, json::error_handler_t::replace));
}

net::Task<Response> show_logs(Api& api, Request& /*request*/) {
  co_return Response::json(200, fmt::format(R"({{"logs":{}}})", array_of(api.context.logs.lines(), log_json)));
}

net::Task<Response> clear_logs(Api& api, Request& /*request*/) {
  api.context.logs.clear();
  co_return Response::json(200, R"({"status":"cleared"})");
}

net::Task<Response> list_workers(Api& api, Request& /*request*/) {
  co_return Response::json(200,
                           fmt::format(R"({{"workers":{}}})", array_of(api.context.engine.workers(), worker_json)));
}

net::Task<Response> show_status(Api& api, Request& /*request*/) {
  ApiContext& context = api.context;
  const JobStore& store = context.store;
  const auto counts = co_await net::offload(context.files, [&]() { return store.counts(); });
  if (!counts) co_return error_response(counts.error());
  json jobs = json::object();
  for (const auto& [state, count] : *counts) jobs[std::string(state_name(state))] = count;
  const Engine::Totals totals = context.engine.totals();
  const std::chrono::duration<double> uptime = wall_now() - context.started;
  co_return Response::json(200, json{{"version", context.version},
                                     {"started", to_rfc3339(context.started)},
                                     {"uptime_seconds", uptime.count()},
                                     {"worker_port", context.worker_port},
                                     {"workers", context.engine.workers().size()},
                                     {"jobs", std::move(jobs)},
                                     {"bytes_sent", totals.bytes_sent},
                                     {"bytes_received", totals.bytes_received},
                                     {"pixels_per_second", totals.samples_per_second},
                                     {"connections", connections(context)}}
                                    .dump());
}

net::Task<Response> watch_events(Api& api, Request& /*request*/) {
  ApiContext& context = api.context;
  if (context.events.subscribers() >= context.limits.max_subscribers) co_return busy_response("Too many subscribers.");
  Response response = Response::text(200, "", "text/event-stream; charset=utf-8");
  response.headers.add("X-Accel-Buffering", "no");  // keeps nginx from buffering events
  response.body = http::StreamBody([&context](net::Stream& stream) { return send_events(context, stream); });
  co_return response;
}

net::Task<Response> health(Api& /*api*/, Request& /*request*/) { co_return Response::text(200, "ok"); }

net::Task<Response> readiness(Api& api, Request& /*request*/) {
  const auto ready = api.context.ready ? api.context.ready() : Result<void>{};
  if (ready) co_return Response::text(200, "ready");
  co_return busy_response(ready.error().text());
}

net::Task<Response> show_metrics(Api& api, Request& /*request*/) {
  ApiContext& context = api.context;
  Metrics::Now now;
  now.workers = context.engine.workers().size();
  for (const JobStatus& job : context.engine.jobs()) {
    now.jobs_queued += job.state == JobState::queued ? 1U : 0U;
    now.jobs_running += job.state == JobState::running ? 1U : 0U;
  }
  now.http_connections = connections(context);
  now.subscribers = context.events.subscribers();
  co_return Response::text(200, context.metrics.text(now), "text/plain; version=0.0.4; charset=utf-8");
}

net::Task<Response> show_openapi(Api& api, Request& /*request*/) {
  co_return Response::json(200, openapi_document(route_table(), api.context.version));
}

}  // namespace ece465::cluster
