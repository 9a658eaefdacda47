#include <doctest/doctest.h>

#include <algorithm>

#include "worker/buffer_pool.hpp"
#include "worker/reconnect.hpp"
#include "worker/strip_cache.hpp"

using namespace ece465;
using namespace ece465::cluster;
using namespace std::chrono_literals;
using wire::TableId, wire::TaskId;

TEST_SUITE("backoff") {
  TEST_CASE("pauses are drawn from a range that doubles up to the maximum") {
    // Enough draws that the largest of each place comes near the end of its range.
    std::vector<Backoff::Duration> largest(8, 0ms);
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      Backoff backoff(200ms, 10s, seed);
      for (auto& longest : largest) longest = std::max(longest, backoff.next());
    }
    const std::vector<Backoff::Duration> limits{200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 10s, 10s};
    for (std::size_t i = 0; i < limits.size(); ++i) {
      CAPTURE(i);
      CHECK(largest[i] <= limits[i]);
      CHECK(largest[i] > limits[i] * 9 / 10);
    }
  }

  TEST_CASE("reset starts over, equal seeds give equal pauses") {
    Backoff a(100ms, 10s, 7), b(100ms, 10s, 7);
    for (int i = 0; i < 20; ++i) CHECK(a.next() == b.next());
    a.reset();
    CHECK(a.next() <= 100ms);
  }

  TEST_CASE("a minimum of zero still grows, a minimum above the maximum is cut") {
    Backoff none(0ms, 1s, 1);
    CHECK(none.next() == 0ms);
    Backoff::Duration longest{};
    for (int i = 0; i < 50; ++i) longest = std::max(longest, none.next());
    CHECK(longest > 100ms);
    Backoff inverted(1h, 10ms, 1);
    for (int i = 0; i < 50; ++i) CHECK(inverted.next() <= 10ms);
  }
}

TEST_SUITE("log throttle") {
  TEST_CASE("due at once, after 1, 5 and 15 minutes, then every 15") {
    LogThrottle throttle;
    const LogThrottle::Time start{};
    std::vector<std::int64_t> minutes;
    for (auto now = start; now < start + 61min; now += 1s) {
      if (throttle.due(now)) minutes.push_back((now - start) / 1min);
    }
    CHECK(minutes == std::vector<std::int64_t>{0, 1, 5, 15, 30, 45, 60});
    CHECK(throttle.since(start + 61min) == 61min);
  }

  TEST_CASE("reset starts over, missed warnings are not made up for") {
    LogThrottle throttle;
    const LogThrottle::Time start{};
    CHECK(throttle.due(start));
    CHECK(!throttle.due(start + 59s));
    throttle.reset();
    CHECK(throttle.due(start + 60s));
    CHECK(!throttle.due(start + 119s));
    CHECK(throttle.due(start + 10h));
    CHECK(!throttle.due(start + 10h + 1s));
  }
}

TEST_SUITE("buffer pool") {
  TEST_CASE("memory is reused for sizes that fit well") {
    for (const std::size_t page : {1, 4096}) {  // from the heap, and from the system
      CAPTURE(page);
      BufferPool buffers(1000 * page);
      Buffer first = buffers.take(100 * page).value();
      const std::byte* const place = first.span().data();
      CHECK(first.size() == 100 * page);
      std::ranges::fill(first.span(), std::byte{1});
      CHECK(buffers.in_use() == 100 * page);
      buffers.give_back(std::move(first));
      CHECK(buffers.in_use() == 0);
      CHECK(buffers.idle() == 100 * page);
      const Buffer small = buffers.take(10 * page).value();  // a tenth of it: would waste the large one
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

  TEST_CASE("used and idle buffers stay within the budget") {
    BufferPool buffers(1000);
    std::vector<Buffer> taken;
    for (int i = 0; i < 10; ++i) taken.push_back(buffers.take(100).value());
    for (Buffer& buffer : taken) buffers.give_back(std::move(buffer));
    CHECK(buffers.idle() == 1000);
    Buffer large = buffers.take(700).value();
    CHECK(buffers.idle() <= 300);
    Buffer larger = buffers.take(5000).value();  // the pool does not refuse larger ones
    CHECK(buffers.idle() == 0);
    buffers.give_back(std::move(larger));
    CHECK(buffers.idle() == 0);
    buffers.give_back(std::move(large));
    CHECK(buffers.idle() == 700);
  }

  TEST_CASE("memory that cannot be allocated is an error") {
    BufferPool buffers(1000);
    for (const std::size_t size : {~std::size_t{0}, std::size_t{1} << 62, std::size_t{1} << 40}) {
      const auto none = buffers.take(size);
      REQUIRE(!none);
      CHECK(none.error().code == Errc::too_large);
      CHECK(buffers.in_use() == 0);
    }
  }

  TEST_CASE("a buffer of zero bytes needs no memory") {
    BufferPool buffers(1000);
    Buffer none = buffers.take(0).value();
    CHECK(none.size() == 0);
    buffers.give_back(std::move(none));
  }
}

TEST_SUITE("strip cache") {
  TEST_CASE("samples are reserved as long as there is room") {
    StripCache cache(100);
    CHECK(cache.reserve(TaskId{1}, 8, 60));
    CHECK(!cache.reserve(TaskId{2}, 8, 60));
    CHECK(!cache.reserve(TaskId{1}, 8, 1));  // the id is in use
    CHECK(cache.reserve(TaskId{3}, 16, 40));
    CHECK(!cache.reserve(TaskId{4}, 8, 1));
    CHECK(cache.reserve(TaskId{5}, 8, 0));
    CHECK(cache.bytes() == 100);
    CHECK(cache.find(TaskId{2}) == nullptr);
    CHECK(cache.find(TaskId{3})->bits == 16);

    BufferPool buffers(100);
    cache.find(TaskId{1})->samples = buffers.take(60).value();
    CHECK(cache.take(TaskId{1}).size() == 60);
    CHECK(!cache.contains(TaskId{1}));
    CHECK(cache.bytes() == 100);  // until release
    cache.release(60);
    CHECK(cache.bytes() == 40);

    CHECK(!cache.drop(TaskId{3}));  // still being counted
    CHECK(!cache.drop(TaskId{99}));
    CHECK(cache.bytes() == 0);
    CHECK(cache.ids() == std::vector{TaskId{5}});
  }

  TEST_CASE("sizes that would overflow are refused") {
    StripCache cache(100);
    CHECK(cache.reserve(TaskId{1}, 8, 50));
    CHECK(!cache.reserve(TaskId{2}, 8, ~std::uint64_t{0}));
  }

  TEST_CASE("the last 16 tables are kept") {
    StripCache cache(0);
    for (std::uint64_t i = 0; i < 17; ++i) cache.put_table(TableId{i}, Buffer(256));
    CHECK(!cache.find_table(TableId{0}));
    CHECK(cache.find_table(TableId{1}));
    cache.put_table(TableId{1}, Buffer(131'072));  // replaced, and now the newest
    CHECK(cache.find_table(TableId{1})->size() == 131'072);
    CHECK(cache.find_table(TableId{2}));
    cache.put_table(TableId{17}, Buffer(256));
    CHECK(!cache.find_table(TableId{2}));
    CHECK(cache.find_table(TableId{1}));
    cache.drop_table(TableId{1});
    cache.drop_table(TableId{1});
    CHECK(!cache.find_table(TableId{1}));
  }
}
