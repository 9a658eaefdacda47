#pragma once

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <memory>
#include <string>

#include "api/api.hpp"
#include "ece465/http/client.hpp"
#include "fake_engine.hpp"
#include "temp_folder.hpp"

namespace ece465::cluster::testing {

inline constexpr net::Duration kLong = std::chrono::seconds(60);

/// The API of a master without workers, listening on a free port.
struct ApiFixture {
  explicit ApiFixture(const ApiLimits& limits)
      : folder(open_or_die(DataFolder::open(temp.path()))),
        store(open_or_die(JobStore::open(temp.path()))),
        engine(folder, store),
        events(io.get_executor(), {.min_interval = std::chrono::milliseconds(1)}) {
    context.limits = limits;
    context.ready = [this]() -> Result<void> {
      if (!ready) return fail(Errc::unavailable, "The master is starting or stopping.");
      return {};
    };
    server = std::make_unique<http::Server>(io, files, make_routes(context), server_limits());
    server->on_response = observe_requests(context);
    const auto listening = server->listen({"127.0.0.1", 0});
    REQUIRE(listening);
    address = *listening;
  }

  template <class T>
  static T open_or_die(Result<T> opened) {
    INFO((opened ? "" : opened.error().text()));
    REQUIRE(opened);
    return std::move(*opened);
  }
  static http::ServerLimits server_limits() {
    http::ServerLimits limits;
    limits.body_idle_timeout = kLong;
    return limits;
  }

  ece465::testing::TempFolder temp;
  asio::io_context io{1};
  asio::thread_pool files{2}, cpu{2};
  DataFolder folder;
  JobStore store;
  FakeEngine engine;
  EventStream events;
  RecentLog logs{events};
  Metrics metrics{"1.2.3"};
  bool ready = true;
  ApiContext context{.engine = engine,
                     .folder = folder,
                     .store = store,
                     .logs = logs,
                     .events = events,
                     .metrics = metrics,
                     .files = files,
                     .cpu = cpu,
                     .version = "1.2.3",
                     .started = moment(),
                     .worker_port = 6465,
                     .ready = {},
                     .connections = {}};
  std::unique_ptr<http::Server> server;
  net::Address address;
};

/// Runs the coroutine `use(fixture)` against the API.
template <class Use>
void with_api(Use use, const ApiLimits& limits = {}) {
  ApiFixture api(limits);
  bool finished = false;
  const auto run = [&]() -> net::Task<void> {
    co_await use(api);
    api.events.close();
    co_await api.server->stop(kLong);
    finished = true;
  };
  asio::co_spawn(api.io, run, [](const std::exception_ptr& failed) {
    if (failed) std::rethrow_exception(failed);
  });
  api.io.run();
  CHECK(finished);
  api.files.join();
  api.cpu.join();
}

/// A request on a connection of its own.
net::Task<http::ClientResponse> call(ApiFixture& api, std::string method, std::string target, std::string json = "");
net::Task<http::ClientResponse> get(ApiFixture& api, std::string target);
/// An upload as a client would send it.
net::Task<http::ClientResponse> upload(ApiFixture& api, std::string name, std::string content);

/// Sends bytes unchanged and returns everything that comes back until the server closes the connection.
net::Task<std::string> raw(ApiFixture& api, std::string bytes);
/// Sends bytes unchanged and disconnects.
net::Task<void> cut_off(ApiFixture& api, std::string bytes);
/// The status of a raw response.
int status_of(const std::string& answer);
/// The body of a raw response.
std::string body_of(const std::string& answer);

/// A form with one part `field`.
std::string form(std::string_view field, std::string_view file_name, std::string_view content);
/// A POST of a form to /upload, with its length and `Connection: close`.
std::string form_request(std::string_view form);

/// Checks a response against the OpenAPI document: its status is documented, and its body matches the schema.
void check_documented(std::string_view method, std::string_view path, const http::ClientResponse& answer);

}  // namespace ece465::cluster::testing
