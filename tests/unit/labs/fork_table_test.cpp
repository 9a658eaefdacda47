#include "dining/fork_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "random.hpp"

using namespace ece465::labs;
using Answer = ForkTable::Answer;

TEST_SUITE("labs: fork table") {
  TEST_CASE("who asks eats when both neighbours do not") {
    ForkTable table(5, OnBusy::queue);
    CHECK(table.request(0) == Answer::approved);
    CHECK(table.request(2) == Answer::approved);
    CHECK(table.request(1) == Answer::queued);
    CHECK(table.request(3) == Answer::queued);
    CHECK(table.request(4) == Answer::queued);
    CHECK(table.request(4) == Answer::wrong);
    CHECK(table.request(0) == Answer::wrong);
    std::vector<int> approved;
    CHECK(table.give_back(0, approved));
    CHECK(approved.empty());  // 1 waits for 2; 4 waits for 3, who asked before
    CHECK(table.give_back(2, approved));
    CHECK(approved == std::vector<int>{1, 3});
    CHECK_FALSE(table.give_back(2, approved));
  }

  TEST_CASE("nobody overtakes a neighbour who waits") {
    ForkTable table(5, OnBusy::queue);
    CHECK(table.request(0) == Answer::approved);
    CHECK(table.request(1) == Answer::queued);
    CHECK(table.request(2) == Answer::queued);  // both his forks are free, but 1 was first
    std::vector<int> approved;
    CHECK(table.give_back(0, approved));
    CHECK(approved == std::vector<int>{1});
  }

  TEST_CASE("where no queue is kept, who cannot eat is denied and forgotten") {
    ForkTable table(2, OnBusy::deny);
    CHECK(table.request(0) == Answer::approved);
    CHECK(table.request(1) == Answer::denied);
    std::vector<int> approved;
    CHECK(table.give_back(0, approved));
    CHECK(approved.empty());
    CHECK(table.request(1) == Answer::approved);
  }

  TEST_CASE("who is gone leaves forks and place to others") {
    ForkTable table(3, OnBusy::queue);
    CHECK(table.request(0) == Answer::approved);
    CHECK(table.request(1) == Answer::queued);
    CHECK(table.request(2) == Answer::queued);
    std::vector<int> approved;
    table.forget(1, approved);  // waits no more
    CHECK(approved.empty());
    table.forget(0, approved);  // eats no more
    CHECK(approved == std::vector<int>{2});
  }

  TEST_CASE("over many seeds and sizes: neighbours never eat together, and everybody who asks eats") {
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
          table.forget(i, approved);
        } else if (table.eats(i)) {
          REQUIRE(table.give_back(i, approved));
        } else if (!table.waits(i)) {
          (void)table.request(i);
        }
        for (int k = 0; k < n; ++k) {
          REQUIRE_FALSE((table.eats(k) && table.eats((k + 1) % n)));
          auto& mine = waited[static_cast<std::size_t>(k)];
          mine = table.waits(k) ? mine + 1 : 0;
          longest = std::max(longest, mine);
        }
      }
      // With every step a chance of 1/n for each who eats to give back: far less than this unless somebody starves.
      CHECK(longest < 1500);
    }
  }
}
