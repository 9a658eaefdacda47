#include "ece465/base/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>

using namespace ece465;

TEST_SUITE("parallel for") {
  TEST_CASE("every index is visited once, by the right number of workers") {
    for (const unsigned threads : {0U, 1U, 2U, 7U}) {
      std::mutex mutex;
      std::multiset<std::size_t> seen;
      CHECK(parallel_for(threads, 100, [&](unsigned worker, std::size_t index) -> Result<void> {
        const std::scoped_lock lock(mutex);
        CHECK(worker < std::max(1U, threads));
        seen.insert(index);
        return {};
      }));
      CHECK(seen.size() == 100);
      CHECK(std::set(seen.begin(), seen.end()).size() == 100);
    }
    CHECK(parallel_for(4, 0, [](unsigned, std::size_t) -> Result<void> { return fail(Errc::internal, "called"); }));
  }

  TEST_CASE("after a failure no more indices are assigned, and the lowest failure is returned") {
    std::atomic<std::size_t> calls{0};
    const auto result = parallel_for(1, 100, [&](unsigned, std::size_t index) -> Result<void> {
      ++calls;
      if (index >= 3) return fail(Errc::corrupt, "{}", index);
      return {};
    });
    REQUIRE(!result);
    CHECK(result.error().text() == "3");
    CHECK(calls == 4);
  }

  TEST_CASE("a library's exception becomes an error") {
    const auto thrown = [](auto&& exception) {
      const auto result = parallel_for(2, 4, [&](unsigned, std::size_t) -> Result<void> { throw exception; });
      REQUIRE(!result);
      return result.error();
    };
    CHECK(thrown(std::bad_alloc()).code == Errc::too_large);
    CHECK(thrown(std::runtime_error("boom")).text() == "boom");
  }
}
