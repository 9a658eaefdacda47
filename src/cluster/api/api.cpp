#include "api/api.hpp"

#include "api/handlers.hpp"
#include "api/route_table.hpp"
#include "ece465/base/seconds.hpp"

namespace ece465::cluster {

http::Router make_routes(ApiContext& context) {
  const auto api = std::make_shared<Api>(context);
  http::Router router;
  for (const RouteDoc& route : route_table()) {
    router.add(
        route.method, route.path,
        [api, handle = route.handle](http::Request& request) { return handle(*api, request); },
        route.body_type.empty() ? http::BodyUse::none : http::BodyUse::handler);
  }
  add_page_files(router);
  return router;
}

std::function<void(const http::Request&, int, net::Duration)> observe_requests(ApiContext& context) {
  return [&context](const http::Request& request, int status, net::Duration took) {
    context.metrics.request(request.method, status, took);
    if (context.logger == nullptr || !context.logger->wants(LogLevel::debug)) return;
    context.logger->debug("request", {{"method", request.method},
                                      {"path", request.path},
                                      {"status", status},
                                      {"peer", request.peer},
                                      {"seconds", seconds(took)}});
  };
}

}  // namespace ece465::cluster
