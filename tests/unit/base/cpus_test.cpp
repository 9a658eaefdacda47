#include "ece465/base/cpus.hpp"

#include <doctest/doctest.h>
#include <sched.h>

#include <algorithm>
#include <thread>

using namespace ece465;

TEST_SUITE("usable processors") {
  TEST_CASE("at least one, and at most those of the machine") {
    CHECK(usable_cpus() >= 1);
    CHECK(usable_cpus() <= std::max(1U, std::thread::hardware_concurrency()));
  }

  TEST_CASE("a process bound to one processor has one") {
    cpu_set_t before;
    REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
    int first = 0;
    while (!CPU_ISSET(first, &before)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
    CHECK(usable_cpus() == 1);
    REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
  }
}
