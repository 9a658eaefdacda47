#include "dining/fork_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "random.hpp"

using namespace ece465::labs;
using Answer = ForkTable::Answer;

TEST_SUITE("labs: fork table") {
  TEST_CASE("a request is granted if neither neighbour eats") {
    ForkTable table(5, OnBusy::queue);
    CHECK(table.request(0) == Answer::approved);
    CHECK(table.request(2) == Answer::approved);
    CHECK(table.request(1) == Answer::queued);
    CHECK(table.request(3) == Answer::queued);
    CHECK(table.request(4) == Answer::queued);
    CHECK(table.request(4) == Answer::invalid);
    CHECK(table.request(0) == Answer::invalid);
    std::vector<int> approved;
    CHECK(table.release(0, approved));
    CHECK(approved.empty());  // 1 waits for 2; 4 waits for 3, which asked earlier
    CHECK(table.release(2, approved));
    CHECK(approved == std::vector<int>{1, 3});
    CHECK_FALSE(table.release(2, approved));
  }

  TEST_CASE("a request never overtakes a waiting neighbour") {
    ForkTable table(5, OnBusy::queue);
    CHECK(table.request(0) == Answer::approved);
    CHECK(table.request(1) == Answer::queued);
    CHECK(table.request(2) == Answer::queued);  // both its forks are free, but 1 was first
    std::vector<int> approved;
    CHECK(table.release(0, approved));
    CHECK(approved == std::vector<int>{1});
  }

  TEST_CASE("without a queue, a request that cannot be granted is denied and forgotten") {
    ForkTable table(2, OnBusy::deny);
    CHECK(table.request(0) == Answer::approved);
    CHECK(table.request(1) == Answer::denied);
    std::vector<int> approved;
    CHECK(table.release(0, approved));
    CHECK(approved.empty());
    CHECK(table.request(1) == Answer::approved);
  }

  TEST_CASE("a philosopher that is removed gives up its forks and its place in the queue") {
    ForkTable table(3, OnBusy::queue);
    CHECK(table.request(0) == Answer::approved);
    CHECK(table.request(1) == Answer::queued);
    CHECK(table.request(2) == Answer::queued);
    std::vector<int> approved;
    table.remove(1, approved);  // no longer waits
    CHECK(approved.empty());
    table.remove(0, approved);  // no longer eats
    CHECK(approved == std::vector<int>{2});
  }

  TEST_CASE("over many seeds and sizes: neighbours never eat together, and every request is granted") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      Random random(seed, 0);
      const int n = 2 + static_cast<int>(random.next() % 30);
      ForkTable table(n, OnBusy::queue);
      std::vector<int> waited(static_cast<std::size_t>(n), 0);
      int longest = 0;
      for (int step = 0; step < 2000; ++step) {
        const int i = static_cast<int>(random.next() % static_cast<std::uint64_t>(n));
        std::vector<int> approved;
        if (random.next() % 50 == 0) {
          table.remove(i, approved);
        } else if (table.is_eating(i)) {
          REQUIRE(table.release(i, approved));
        } else if (!table.is_waiting(i)) {
          (void)table.request(i);
        }
        for (int k = 0; k < n; ++k) {
          REQUIRE_FALSE((table.is_eating(k) && table.is_eating((k + 1) % n)));
          auto& mine = waited[static_cast<std::size_t>(k)];
          mine = table.is_waiting(k) ? mine + 1 : 0;
          longest = std::max(longest, mine);
        }
      }
      // Each step releases a given eating philosopher with a chance of 1/n: waits are far shorter unless one starves.
      CHECK(longest < 1500);
    }
  }
}
