#include "ece465/labs/prodcon.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <string>

#include "bounded_queue.hpp"

using namespace ece465;
using namespace ece465::labs;
using namespace std::chrono_literals;

namespace {

ProdconOptions quick(std::uint64_t jobs) {
  ProdconOptions options;
  options.produce = options.consume = {0ns, 100us};
  options.jobs = jobs;
  return options;
}

}  // namespace

TEST_SUITE("labs: producers and consumers") {
  TEST_CASE("every job is produced once and consumed once, with any numbers of threads") {
    for (const int producers : {1, 3}) {
      for (const int consumers : {1, 4}) {
        for (const std::size_t capacity : {1U, 2U, 10U}) {
          for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            ProdconOptions options = quick(60);
            options.producers = producers;
            options.consumers = consumers;
            options.capacity = capacity;
            options.seed = seed;
            std::mutex mutex;
            std::multiset<std::string> produced, consumed;
            ProdconHooks hooks;
            hooks.on_line = [&](std::string_view line) {
              const std::scoped_lock lock(mutex);
              const auto job = line.find("Job ");
              (line.find("Generating") != std::string_view::npos ? produced : consumed).emplace(line.substr(job));
            };
            const auto report = run_prodcon(options, hooks, {});
            REQUIRE(report.has_value());
            CHECK(report->produced == 60);
            CHECK(report->consumed == 60);
            CHECK(report->left == 0);
            CHECK(report->peak_depth <= capacity);
            CHECK(produced.size() == 60);
            CHECK(produced == consumed);
            CHECK(report->by_consumer.size() == static_cast<std::size_t>(consumers));
          }
        }
      }
    }
  }

  TEST_CASE("prints the course's lines") {
    ProdconOptions options = quick(2);
    options.consumers = 1;
    std::vector<std::string> lines;
    std::mutex mutex;
    ProdconHooks hooks;
    hooks.on_line = [&](std::string_view line) {
      const std::scoped_lock lock(mutex);
      lines.emplace_back(line);
    };
    REQUIRE(run_prodcon(options, hooks, {}).has_value());
    std::ranges::sort(lines);
    CHECK(lines == std::vector<std::string>{"[Consumer 0] Processing Job 1", "[Consumer 0] Processing Job 2",
                                            "[Producer] Generating Job 1", "[Producer] Generating Job 2"});
  }

  TEST_CASE("when the time is up the queue is drained") {
    ProdconOptions options = quick(0);
    options.duration = 20ms;
    const auto report = run_prodcon(options, {}, {});
    REQUIRE(report.has_value());
    CHECK(report->end == ProdconReport::End::duration);
    CHECK(report->left == 0);
    CHECK(report->produced == report->consumed);
  }

  TEST_CASE(
      "a stop ends it at once, with producers blocked on a full queue and consumers busy or blocked on an empty one") {
    for (const bool full : {true, false}) {
      ProdconOptions options;
      options.produce = full ? DurationRange{0ns, 0ns} : DurationRange{1h, 1h};
      options.consume = {1h, 1h};
      options.capacity = 3;
      std::stop_source stop;
      ProdconHooks hooks;
      std::atomic<int> produced = 0;
      hooks.on_line = [&](std::string_view line) {
        // Three being consumed, three queued, and one that waits for space.
        if (line.find("Generating") != std::string_view::npos && ++produced == 7) stop.request_stop();
      };
      if (!full) stop.request_stop();
      const auto report = run_prodcon(options, hooks, stop.get_token());
      REQUIRE(report.has_value());
      CHECK(report->end == ProdconReport::End::interrupted);
      CHECK(report->produced == report->consumed + report->left);
    }
  }

  TEST_CASE("a closed queue still returns its items, an abandoned one does not") {
    const auto ignore = [](std::size_t) {};
    BoundedQueue<int> queue(2);
    CHECK(queue.put(1, ignore));
    CHECK(queue.put(2, ignore));
    queue.close(false);
    CHECK_FALSE(queue.put(3, ignore));
    CHECK(queue.take(ignore) == 1);
    queue.close(true);
    CHECK_FALSE(queue.take(ignore));
    CHECK(queue.size() == 1);
  }
}
