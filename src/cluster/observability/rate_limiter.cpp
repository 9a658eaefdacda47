#include "observability/rate_limiter.hpp"

#include <algorithm>
#include <utility>

#include "ece465/base/seconds.hpp"

namespace ece465::cluster {

double RateLimiter::tokens_of(const Bucket& bucket, Time now) const {
  return std::min(limits_.burst, bucket.tokens + seconds(now - bucket.filled) * limits_.per_second);
}

RateLimiter::Bucket& RateLimiter::bucket_of(std::string_view source, Time now) {
  auto at = buckets_.find(source);
  if (at == buckets_.end() && buckets_.size() >= limits_.sources) {
    // Whoever has been quiet for long enough to have all of its quota again need not be remembered.
    std::erase_if(buckets_, [&](const auto& entry) {
      return tokens_of(entry.second, now) >= limits_.burst && entry.second.dropped == 0;
    });
    if (buckets_.size() >= limits_.sources) {
      source = {};
      at = buckets_.find(source);
    }
  }
  if (at == buckets_.end()) {
    at = buckets_.emplace(source, Bucket{.tokens = limits_.burst, .filled = now, .told = now, .dropped = 0}).first;
  }
  return at->second;
}

bool RateLimiter::take(std::string_view source, Time now) {
  Bucket& bucket = bucket_of(source, now);
  bucket.tokens = tokens_of(bucket, now);
  bucket.filled = now;
  if (bucket.tokens < 1) {
    // The first one that is dropped begins the time until it is told of.
    if (bucket.dropped++ == 0) bucket.told = now;
    return false;
  }
  bucket.tokens -= 1;
  return true;
}

std::vector<RateLimiter::Dropped> RateLimiter::due(Time now) {
  std::vector<Dropped> due;
  for (auto& [source, bucket] : buckets_) {
    if (bucket.dropped == 0 || now - bucket.told < limits_.told_every) continue;
    due.push_back({source, std::exchange(bucket.dropped, 0)});
  }
  return due;
}

}  // namespace ece465::cluster
