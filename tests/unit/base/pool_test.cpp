#include "ece465/base/pool.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include "ece465/base/bytes.hpp"

using namespace ece465;

TEST_SUITE("pool") {
  TEST_CASE("allocations are aligned, do not overlap, and stay within the capacity") {
    Pool pool(1000);
    std::byte* const first = pool.take(100);
    std::byte* const second = pool.take(500);
    REQUIRE(first != nullptr);
    REQUIRE(second != nullptr);
    CHECK(second >= first + 100);
    CHECK(reinterpret_cast<std::uintptr_t>(second) % 64 == 0);
    CHECK(pool.take(500) == nullptr);
    CHECK(pool.take(SIZE_MAX) == nullptr);
  }

  TEST_CASE("a pool that cannot be mapped is empty") {
    Pool pool(SIZE_MAX / 2);
    CHECK(pool.take(1) == nullptr);
  }

  TEST_CASE("threads never get the same memory") {
    constexpr std::size_t kEach = 1000;
    Pool pool(4 * kEach * 64);
    std::vector<std::vector<std::byte*>> taken(4);
    {
      std::vector<std::jthread> threads;
      for (auto& mine : taken) {
        threads.emplace_back([&pool, &mine] {
          for (std::size_t i = 0; i < kEach; ++i) mine.push_back(pool.take(64));
        });
      }
    }
    std::vector<std::byte*> all;
    for (const auto& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
    std::ranges::sort(all);
    CHECK(all.front() != nullptr);
    CHECK(std::ranges::adjacent_find(all) == all.end());
  }

  TEST_CASE("a buffer uses its pool, and the heap when the pool is exhausted") {
    Pool pool(1000);
    Buffer pooled(pool);
    pooled.resize(800);
    std::ranges::fill(pooled.span(), std::byte{1});
    Buffer other(pool);
    other.resize(800);
    std::ranges::fill(other.span(), std::byte{2});
    CHECK(pooled.data()[799] == std::byte{1});
    pooled = std::move(other);
    CHECK(pooled.data()[0] == std::byte{2});
  }
}
