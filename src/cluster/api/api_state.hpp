#pragma once

#include <cstddef>

#include "api/api.hpp"
#include "api/header_cache.hpp"
#include "api/preview_cache.hpp"
#include "ece465/base/seconds.hpp"

namespace ece465::cluster {

/// What the routes share: the context that they were given, and what they remember between requests.
struct Api {
  explicit Api(ApiContext& c) : context(c), previews(c) {}

  ApiContext& context;
  HeaderCache headers;
  Previews previews;
  std::size_t uploads = 0;  ///< at work now
  std::size_t texts = 0;    ///< at work now
};

/// Counts what is at work.
class Busy {
 public:
  explicit Busy(std::size_t& count) : count_(++count) {}
  ~Busy() { --count_; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  std::size_t& count_;
};

/// Whether a body that took so long for so many bytes holds a place that others want.
[[nodiscard]] inline bool too_slow(const ApiLimits& limits, net::Duration took, std::uint64_t bytes) {
  return took > limits.upload_grace &&
         static_cast<double>(bytes) < seconds(took) * static_cast<double>(limits.min_upload_bytes_per_second);
}

}  // namespace ece465::cluster
