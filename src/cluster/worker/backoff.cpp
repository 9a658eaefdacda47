#include "worker/backoff.hpp"

#include <algorithm>

namespace ece465::cluster {

Backoff::Duration Backoff::next() {
  limit_ = std::min(limit_, most_);
  std::uniform_int_distribution<Duration::rep> even(0, limit_.count());
  const Duration pause(even(random_));
  limit_ = std::min(2 * std::max(limit_, Duration(1)), most_);
  return pause;
}

}  // namespace ece465::cluster
