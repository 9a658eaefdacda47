#include <doctest/doctest.h>

#include <algorithm>

#include "worker/backoff.hpp"
#include "worker/buffer_pool.hpp"
#include "worker/log_throttle.hpp"
#include "worker/strip_cache.hpp"

using namespace ece465;
using namespace ece465::cluster;
using namespace std::chrono_literals;
using wire::TableId, wire::TaskId;

TEST_SUITE("backoff") {
  TEST_CASE("pauses are drawn from a range that doubles, up to the most") {
    // Enough draws that the largest of each place comes near the end of its range.
    std::vector<Backoff::Duration> largest(8, 0ms);
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      Backoff backoff(200ms, 10s, seed);
      for (auto& most : largest) most = std::max(most, backoff.next());
    }
    const std::vector<Backoff::Duration> limits{200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 10s, 10s};
    for (std::size_t i = 0; i < limits.size(); ++i) {
      CAPTURE(i);
      CHECK(largest[i] <= limits[i]);
      CHECK(largest[i] > limits[i] * 9 / 10);
    }
  }

  TEST_CASE("a reset begins anew, and a seed gives the same pauses again") {
    Backoff a(100ms, 10s, 7), b(100ms, 10s, 7);
    for (int i = 0; i < 20; ++i) CHECK(a.next() == b.next());
    a.reset();
    CHECK(a.next() <= 100ms);
  }

  TEST_CASE("a first pause of nothing grows all the same, and one that is too long is cut") {
    Backoff none(0ms, 1s, 1);
    CHECK(none.next() == 0ms);
    Backoff::Duration most{};
    for (int i = 0; i < 50; ++i) most = std::max(most, none.next());
    CHECK(most > 100ms);
    Backoff inverted(1h, 10ms, 1);
    for (int i = 0; i < 50; ++i) CHECK(inverted.next() <= 10ms);
  }
}

TEST_SUITE("reminder") {
  TEST_CASE("at once, after one, five and fifteen minutes, then every fifteen") {
    LogThrottle reminder;
    const LogThrottle::Time start{};
    std::vector<std::int64_t> minutes;
    for (auto now = start; now < start + 61min; now += 1s) {
      if (reminder.due(now)) minutes.push_back((now - start) / 1min);
    }
    CHECK(minutes == std::vector<std::int64_t>{0, 1, 5, 15, 30, 45, 60});
    CHECK(reminder.since(start + 61min) == 61min);
  }

  TEST_CASE("after it was well it begins anew, and who was away is told once") {
    LogThrottle reminder;
    const LogThrottle::Time start{};
    CHECK(reminder.due(start));
    CHECK(!reminder.due(start + 59s));
    reminder.reset();
    CHECK(reminder.due(start + 60s));
    CHECK(!reminder.due(start + 119s));
    CHECK(reminder.due(start + 10h));
    CHECK(!reminder.due(start + 10h + 1s));
  }
}

TEST_SUITE("buffers") {
  TEST_CASE("memory is used again, for what fits it well") {
    for (const std::size_t page : {1, 4096}) {  // from the heap, and from the system
      CAPTURE(page);
      Buffers buffers(1000 * page);
      Buffer first = buffers.take(100 * page).value();
      const std::byte* const place = first.span().data();
      CHECK(first.size() == 100 * page);
      std::ranges::fill(first.span(), std::byte{1});
      CHECK(buffers.in_use() == 100 * page);
      buffers.give_back(std::move(first));
      CHECK(buffers.in_use() == 0);
      CHECK(buffers.idle() == 100 * page);
      const Buffer small = buffers.take(10 * page).value();  // a tenth: not worth a large one
      CHECK(small.span().data() != place);
      Buffer again = buffers.take(95 * page).value();
      CHECK(again.span().data() == place);
      CHECK(again.size() == 95 * page);
      CHECK(buffers.idle() == 0);
      Buffer elsewhere;
      elsewhere = std::move(again);
      CHECK(elsewhere.span().data() == place);
    }
  }

  TEST_CASE("what is in use and what waits stay within the budget") {
    Buffers buffers(1000);
    std::vector<Buffer> taken;
    for (int i = 0; i < 10; ++i) taken.push_back(buffers.take(100).value());
    for (Buffer& buffer : taken) buffers.give_back(std::move(buffer));
    CHECK(buffers.idle() == 1000);
    Buffer large = buffers.take(700).value();
    CHECK(buffers.idle() <= 300);
    Buffer larger = buffers.take(5000).value();  // one that is larger than all is for its owner to allow
    CHECK(buffers.idle() == 0);
    buffers.give_back(std::move(larger));
    CHECK(buffers.idle() == 0);
    buffers.give_back(std::move(large));
    CHECK(buffers.idle() == 700);
  }

  TEST_CASE("memory that cannot be had is an error") {
    Buffers buffers(1000);
    for (const std::size_t size : {~std::size_t{0}, std::size_t{1} << 62, std::size_t{1} << 40}) {
      const auto none = buffers.take(size);
      REQUIRE(!none);
      CHECK(none.error().code == Errc::too_large);
      CHECK(buffers.in_use() == 0);
    }
  }

  TEST_CASE("nothing needs no memory") {
    Buffers buffers(1000);
    Buffer none = buffers.take(0).value();
    CHECK(none.size() == 0);
    buffers.give_back(std::move(none));
  }
}

TEST_SUITE("holdings") {
  TEST_CASE("samples are kept as long as there is room, and new ones are not when there is none") {
    StripCache holdings(100);
    CHECK(holdings.reserve(TaskId{1}, 8, 60));
    CHECK(!holdings.reserve(TaskId{2}, 8, 60));
    CHECK(!holdings.reserve(TaskId{1}, 8, 1));  // the id holds some
    CHECK(holdings.reserve(TaskId{3}, 16, 40));
    CHECK(!holdings.reserve(TaskId{4}, 8, 1));
    CHECK(holdings.reserve(TaskId{5}, 8, 0));
    CHECK(holdings.bytes() == 100);
    CHECK(holdings.find(TaskId{2}) == nullptr);
    CHECK(holdings.find(TaskId{3})->bits == 16);

    Buffers buffers(100);
    holdings.find(TaskId{1})->samples = buffers.take(60).value();
    CHECK(holdings.take(TaskId{1}).size() == 60);
    CHECK(!holdings.holds(TaskId{1}));
    CHECK(holdings.bytes() == 100);  // until the mapped samples have gone
    holdings.release(60);
    CHECK(holdings.bytes() == 40);

    CHECK(!holdings.drop(TaskId{3}));  // its samples had not come
    CHECK(!holdings.drop(TaskId{99}));
    CHECK(holdings.bytes() == 0);
    CHECK(holdings.ids() == std::vector{TaskId{5}});
  }

  TEST_CASE("sizes that would overflow are refused") {
    StripCache holdings(100);
    CHECK(holdings.reserve(TaskId{1}, 8, 50));
    CHECK(!holdings.reserve(TaskId{2}, 8, ~std::uint64_t{0}));
  }

  TEST_CASE("the last 16 tables are held") {
    StripCache holdings(0);
    for (std::uint64_t i = 0; i < 17; ++i) holdings.put_table(TableId{i}, Buffer(256));
    CHECK(!holdings.find_table(TableId{0}));
    CHECK(holdings.find_table(TableId{1}));
    holdings.put_table(TableId{1}, Buffer(131'072));  // replaced: nothing has to go, and it is the newest
    CHECK(holdings.find_table(TableId{1})->size() == 131'072);
    CHECK(holdings.find_table(TableId{2}));
    holdings.put_table(TableId{17}, Buffer(256));
    CHECK(!holdings.find_table(TableId{2}));
    CHECK(holdings.find_table(TableId{1}));
    holdings.drop_table(TableId{1});
    holdings.drop_table(TableId{1});
    CHECK(!holdings.find_table(TableId{1}));
  }
}
