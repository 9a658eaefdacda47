#include "ece465/labs/dine.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "ece465/base/descriptor.hpp"

using namespace ece465;
using namespace ece465::labs;
using namespace std::chrono_literals;

namespace {

DineOptions quick(DineMode mode, int philosophers, std::uint64_t meals) {
  DineOptions options;
  options.mode = mode;
  options.strategy = mode == DineMode::tcp ? Strategy::coordinator : Strategy::ordered;
  options.philosophers = philosophers;
  options.think = {0ns, 200us};
  options.eat = {0ns, 200us};
  options.meals = meals;
  return options;
}

/// Collects lines of output.
struct Output {
  std::mutex mutex;
  std::vector<std::string> lines;
  DineHooks hooks{.on_line = [this](std::string_view line) {
    const std::scoped_lock lock(mutex);
    lines.emplace_back(line);
  }};
  std::vector<std::string> of(const std::string& name) {
    std::vector<std::string> own;
    for (const auto& line : lines) {
      if (line.starts_with("[" + name + "]")) own.push_back(line.substr(name.size() + 3));
    }
    return own;
  }
};

}  // namespace

TEST_SUITE("labs: dine") {
  TEST_CASE("every mode and strategy, over sizes and seeds: all finish their meals, and no invariant is violated") {
    for (const DineMode mode : {DineMode::thread, DineMode::async, DineMode::tcp}) {
      for (const Strategy strategy : {Strategy::ordered, Strategy::coordinator}) {
        if (mode == DineMode::tcp && strategy == Strategy::ordered) continue;
        for (const int philosophers : {2, 3, 5, 32}) {
          for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            DineOptions options = quick(mode, philosophers, 5);
            options.strategy = strategy;
            options.seed = seed;
            const auto report = dine(options, {}, {});
            REQUIRE(report.has_value());
            CHECK(report->end == DineEnd::meals);
            CHECK(report->violation.empty());
            CHECK(report->meals == 5 * static_cast<std::uint64_t>(philosophers));
            CHECK(report->fairness == doctest::Approx(1.0));
            CHECK(report->seats.size() == static_cast<std::size_t>(philosophers));
          }
        }
      }
    }
  }

  TEST_CASE("without time to think or eat, no philosopher starves") {
    for (const DineMode mode : {DineMode::thread, DineMode::async, DineMode::tcp}) {
      DineOptions options = quick(mode, 5, 200);
      options.think = options.eat = {};
      const auto report = dine(options, {}, {});
      REQUIRE(report.has_value());
      CHECK(report->meals == 1000);
    }
  }

  TEST_CASE("denied requests are repeated until they are granted") {
    for (const DineMode mode : {DineMode::thread, DineMode::async, DineMode::tcp}) {
      DineOptions options = quick(mode, 5, 10);
      options.strategy = Strategy::coordinator;
      options.on_busy = OnBusy::deny;
      const auto report = dine(options, {}, {});
      REQUIRE(report.has_value());
      CHECK(report->meals == 50);
    }
  }

  TEST_CASE("the naive strategy deadlocks, and the cycle is reported") {
    for (const DineMode mode : {DineMode::thread, DineMode::async}) {
      DineOptions options = quick(mode, 5, 0);
      options.strategy = Strategy::naive;
      const auto report = dine(options, {}, {});
      REQUIRE(report.has_value());
      CHECK(report->end == DineEnd::deadlock);
      CHECK(cycle_text(report->cycle) == "0 waits for 1 waits for 2 waits for 3 waits for 4 waits for 0");
      CHECK(report->meals == 0);
    }
  }

  TEST_CASE("a stop ends it while philosophers think, wait or eat") {
    for (const DineMode mode : {DineMode::thread, DineMode::async, DineMode::tcp}) {
      for (const DurationRange& think : {DurationRange{0ns, 0ns}, DurationRange{1h, 1h}}) {
        DineOptions options = quick(mode, 5, 0);
        options.think = think;
        options.eat = {1h, 1h};
        std::stop_source stop;
        DineHooks hooks;
        hooks.on_progress = [&](const std::vector<SeatView>& seats, auto) {
          const auto count = [&](Activity activity) {
            return std::ranges::count(seats, activity, &SeatView::activity);
          };
          const bool settled = think.max > 0ns ? count(Activity::thinking) == 5 : count(Activity::eating) >= 1;
          if (settled) stop.request_stop();
        };
        const auto report = dine(options, hooks, stop.get_token());
        REQUIRE(report.has_value());
        CHECK(report->end == DineEnd::interrupted);
      }
    }
  }

  TEST_CASE("it ends when the time is up") {
    for (const DineMode mode : {DineMode::thread, DineMode::async, DineMode::tcp}) {
      DineOptions options = quick(mode, 3, 0);
      options.duration = 20ms;
      const auto report = dine(options, {}, {});
      REQUIRE(report.has_value());
      CHECK(report->end == DineEnd::duration);
      CHECK(report->elapsed >= 20ms);
    }
  }

  TEST_CASE("prints the course's lines") {
    using Lines = std::vector<std::string>;
    Output threads;
    REQUIRE(dine(quick(DineMode::thread, 3, 1), threads.hooks, {}));
    CHECK(threads.of("Thread 2") == Lines{"Thinking...", "Eating!", "Returning forks..."});
    Output coroutines;
    REQUIRE(dine(quick(DineMode::async, 3, 1), coroutines.hooks, {}));
    CHECK(coroutines.of("Async Philosopher 2") ==
          Lines{"Thinking...", "Eating with chopsticks!", "Returning chopsticks..."});
    Output clients;
    REQUIRE(dine(quick(DineMode::tcp, 3, 1), clients.hooks, {}));
    CHECK(clients.of("Philosopher 2") == Lines{"Thinking...", "Requesting forks...", "Eating!", "Returning forks..."});
  }

  TEST_CASE("a stop before all are seated is a regular end: while connecting, or before a silent coordinator") {
    const DineOptions connecting = quick(DineMode::tcp, 3, 1);
    std::stop_source before;
    before.request_stop();
    const auto none = dine(connecting, {}, before.get_token());
    REQUIRE(none.has_value());
    CHECK(none->end == DineEnd::interrupted);
    CHECK(none->meals == 0);

    const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    DineOptions waiting = connecting;
    waiting.server_host = "127.0.0.1";
    waiting.server_port = ntohs(address.sin_port);
    std::stop_source stop;
    Descriptor first;
    const std::jthread silent([&] {
      first = Descriptor(::accept(listener.get(), nullptr, nullptr));
      stop.request_stop();
    });
    const auto report = dine(waiting, {}, stop.get_token());
    REQUIRE(report.has_value());
    CHECK(report->end == DineEnd::interrupted);
  }

  TEST_CASE("fails without a coordinator") {
    DineOptions options = quick(DineMode::tcp, 3, 1);
    options.server_host = "127.0.0.1";
    options.server_port = 1;
    const auto report = dine(options, {}, {});
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().code == Errc::unavailable);
  }
}
