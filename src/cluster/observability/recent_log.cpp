#include "observability/recent_log.hpp"

#include <algorithm>
#include <utility>

#include "ece465/base/seconds.hpp"
#include "observability/json.hpp"

namespace ece465::cluster {
namespace {

constexpr std::size_t kMaxLines = 100;
constexpr std::size_t kMaxMessageBytes = 4096;

}  // namespace

void RecentLog::add(std::string_view source, std::string_view message) {
  if (lines_.size() == kMaxLines) lines_.pop_front();
  lines_.push_back({wall_now(), std::string(source), std::string(message.substr(0, kMaxMessageBytes))});
  if (events_.has_subscribers()) events_.publish("log", log_json(lines_.back()));
}

double RateLimiter::tokens_of(const Bucket& bucket, Time now) const {
  return std::min(limits_.burst, bucket.tokens + seconds(now - bucket.filled) * limits_.per_second);
}

RateLimiter::Bucket& RateLimiter::bucket_of(std::string_view source, Time now) {
  auto at = buckets_.find(source);
  if (at == buckets_.end() && buckets_.size() >= limits_.sources) {
    // A full bucket is the same as none.
    std::erase_if(buckets_, [&](const auto& entry) {
      return tokens_of(entry.second, now) >= limits_.burst && entry.second.dropped == 0;
    });
    if (buckets_.size() >= limits_.sources) {
      source = {};
      at = buckets_.find(source);
    }
  }
  if (at == buckets_.end()) {
    at = buckets_.emplace(source, Bucket{.tokens = limits_.burst, .filled = now, .reported = now, .dropped = 0}).first;
  }
  return at->second;
}

bool RateLimiter::take(std::string_view source, Time now) {
  Bucket& bucket = bucket_of(source, now);
  bucket.tokens = tokens_of(bucket, now);
  bucket.filled = now;
  if (bucket.tokens < 1) {
    if (bucket.dropped++ == 0) bucket.reported = now;  // the interval starts with the first dropped line
    return false;
  }
  bucket.tokens -= 1;
  return true;
}

std::vector<RateLimiter::Dropped> RateLimiter::due(Time now) {
  std::vector<Dropped> due;
  for (auto& [source, bucket] : buckets_) {
    if (bucket.dropped == 0 || now - bucket.reported < limits_.report_interval) continue;
    due.push_back({source, std::exchange(bucket.dropped, 0)});
  }
  return due;
}

}  // namespace ece465::cluster
