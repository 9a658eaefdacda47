#include <algorithm>
#include <thread>

#include "dinner.hpp"
#include "message.hpp"
#include "random.hpp"
#include "resources.hpp"
#include "serve/server.hpp"

namespace ece465::labs {
namespace {

using net::Task;

constexpr auto kConnectTimeout = std::chrono::seconds(10);
/// Neighbours may eat for long: in practice only a lost connection ends the wait for an answer.
constexpr auto kAnswerTimeout = std::chrono::hours(24);

/// A philosopher's connection to the coordinator.
struct Client {
  explicit Client(net::Stream connected)
      : stream(std::move(connected)), lines(stream, 2 * kMaxMessageBytes), timer(stream.executor()) {}
  net::Stream stream;
  net::LineReader lines;
  asio::steady_timer timer;
  int seat = -1;
};

Task<Result<Message>> receive(Client& client) {
  ECE465_CO_ASSIGN(const auto line, co_await client.lines.line(kAnswerTimeout));
  const auto message = decode(line);
  if (!message) co_return fail_on(client.stream.peer(), Errc::corrupt, "not a philosophers' coordinator");
  co_return *message;
}

Task<Result<void>> send(Client& client, Message message) {
  const std::string line = encode(message);
  co_return co_await client.stream.write(as_bytes(line), kConnectTimeout);
}

/// Philosophers as clients, all on one thread. The invariants are checked at this end, by what the clients observe.
class NetworkTable {
 public:
  NetworkTable(const DineOptions& options, const DineHooks& hooks) : options_(options), hooks_(hooks) {}

  Result<DineReport> run(const std::stop_token& stop) {
    ECE465_TRY(raise_open_file_limit(2 * static_cast<std::uint64_t>(options_.philosophers) + 64));
    net::Address server(options_.server_host, options_.server_port);
    if (server.host.empty()) {
      ECE465_ASSIGN(server_, open_server());
      server = server_->address();
      server_thread_ = std::jthread([this] { server_->run(); });
    }
    auto report = dine(server, stop);
    if (server_) server_->stop();
    if (server_thread_.joinable()) server_thread_.join();
    if (server_ && report && report->violation.empty()) {
      report->violation = server_->report().violation;
      if (!report->violation.empty()) report->end = DineEnd::violation;
    }
    return report;
  }

 private:
  [[nodiscard]] Result<std::unique_ptr<Server>> open_server() const {
    ServeOptions serve;
    serve.protocol = Protocol::table;
    serve.address = net::Address("127.0.0.1", 0);
    serve.seats = options_.philosophers;
    serve.on_busy = options_.on_busy;
    serve.limits.max_connections = static_cast<std::size_t>(options_.philosophers);
    serve.limits.meal = serve.limits.idle = std::chrono::hours(2);  // the longest thinking and eating times are an hour
    return Server::open(serve, ServeHooks{.on_warning = hooks_.on_warning});
  }

  Result<DineReport> dine(const net::Address& server, const std::stop_token& stop) {
    const auto arrived = std::chrono::steady_clock::now();
    const auto before = resident_bytes();
    net::spawn(context_, sit_all(server, stop));
    {
      const std::stop_callback on_stop(stop, [this] {
        asio::post(context_, [this] {
          if (sitting_ != nullptr) sitting_->stream.close();
        });
      });
      context_.run();
    }
    // A stop while philosophers are being seated is a regular end.
    if (stop.stop_requested()) {
      clients_.clear();
    } else if (failure_) {
      return std::unexpected(*failure_);
    }

    // The coordinator may have more seats than this process has philosophers.
    DineOptions table = options_;
    table.philosophers = std::max(seats_, options_.philosophers);
    Dinner dinner(table, hooks_);
    const auto start_up = std::chrono::steady_clock::now() - arrived;
    const auto memory =
        (resident_bytes() - std::min(before, resident_bytes())) / std::max<std::size_t>(1, clients_.size());
    for (std::size_t i = clients_.size(); i < static_cast<std::size_t>(table.philosophers); ++i) dinner.leave();
    dinner.begin();
    context_.restart();
    for (auto& client : clients_) net::spawn(context_, live(dinner, *client));
    std::jthread thread([this] { context_.run(); });
    dinner.supervise(stop, [this] {
      asio::post(context_, [this] {
        for (auto& client : clients_) {
          client->timer.cancel();
          client->stream.close();
        }
      });
    });
    thread.join();
    DineReport report = dinner.finish();
    report.start_up = start_up;
    report.memory_per_philosopher = memory;
    return report;
  }

  Task<void> sit_all(net::Address server, std::stop_token stop) {
    for (int i = 0; i < options_.philosophers && !failure_ && !stop.stop_requested(); ++i) {
      auto sat = co_await sit(server, stop);
      if (!sat) failure_ = std::move(sat).error();
    }
  }

  /// Requests a seat. Closing the connection cancels it.
  static Task<Result<Message>> request_seat(Client& client) {
    const Message request{.action = Action::sit};
    ECE465_CO_TRY(co_await send(client, request));
    co_return co_await receive(client);
  }

  Task<Result<void>> sit(net::Address server, std::stop_token stop) {
    ECE465_CO_ASSIGN(auto stream, co_await net::connect(server, kConnectTimeout, stop));
    auto client = std::make_unique<Client>(std::move(stream));
    // A stop request is seen here, or closes `sitting_`.
    if (stop.stop_requested()) co_return fail(Errc::cancelled, "stopped");
    sitting_ = client.get();
    auto answer = co_await request_seat(*client);
    sitting_ = nullptr;
    if (!answer) co_return std::unexpected(std::move(answer).error());
    const Message& message = *answer;
    if (message.action == Action::full) {
      co_return fail_on(server.to_string(), Errc::unavailable, "no seat is free at the table");
    }
    if (message.action != Action::seated || message.pid >= message.seats || (seats_ != 0 && seats_ != message.seats)) {
      co_return fail_on(server.to_string(), Errc::unavailable, "not a philosophers' coordinator");
    }
    seats_ = message.seats;
    client->seat = message.pid;
    clients_.push_back(std::move(client));
    co_return Result<void>{};
  }

  Task<void> live(Dinner& dinner, Client& client) {
    const auto done = co_await think_and_eat(dinner, client);
    const bool early = !done && !dinner.stopping();
    if (early && hooks_.on_warning)
      hooks_.on_warning(fmt::format("philosopher {}: {}", client.seat, done.error().text()));
    dinner.table.leaves(client.seat, early);
    client.stream.close();
    dinner.leave();
  }

  Task<Result<void>> think_and_eat(Dinner& dinner, Client& client) {
    const int i = client.seat;
    TableWatch& table = dinner.table;
    Random random(options_.seed, static_cast<std::uint64_t>(i));
    const Message request{.action = Action::request, .pid = i};
    const Message release{.action = Action::returned, .pid = i};
    while (!dinner.stopping()) {
      table.thinks(i);
      dinner.print(i, dinner.phrases.thinking);
      co_await sleep(dinner, client, random.between(options_.think.min, options_.think.max));
      if (dinner.stopping()) break;
      table.asks(i);
      dinner.print(i, dinner.phrases.requesting);
      ECE465_CO_TRY(co_await send(client, request));
      ECE465_CO_ASSIGN(const auto answer, co_await receive(client));
      if (answer.action != Action::approved) {
        table.denied(i);
        continue;
      }
      table.takes_both(i);
      table.eats(i);
      dinner.print(i, dinner.phrases.eating);
      co_await sleep(dinner, client, random.between(options_.eat.min, options_.eat.max));
      dinner.print(i, dinner.phrases.returning);
      table.stops_eating(i);
      table.puts_both(i);
      ECE465_CO_TRY(co_await send(client, release));
      if (dinner.has_finished(i)) break;
    }
    co_return Result<void>{};
  }

  static Task<void> sleep(Dinner& dinner, Client& client, std::chrono::nanoseconds time) {
    if (time.count() <= 0 || dinner.stopping()) co_return;
    client.timer.expires_after(time);
    co_await net::wait(client.timer);
  }

  const DineOptions& options_;
  const DineHooks& hooks_;
  std::unique_ptr<Server> server_;
  std::jthread server_thread_;
  asio::io_context context_{1};
  std::vector<std::unique_ptr<Client>> clients_;
  Client* sitting_ = nullptr;  // while it requests a seat
  int seats_ = 0;
  std::optional<Error> failure_;
};

}  // namespace

Result<DineReport> dine_by_network(const DineOptions& options, const DineHooks& hooks, const std::stop_token& stop) {
  return NetworkTable(options, hooks).run(stop);
}

}  // namespace ece465::labs
