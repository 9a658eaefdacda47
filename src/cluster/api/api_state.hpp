#pragma once

#include <cstddef>

#include "api/api.hpp"
#include "api/header_cache.hpp"
#include "api/preview_cache.hpp"
#include "ece465/base/seconds.hpp"

namespace ece465::cluster {

/// What the handlers share: the context, and state that outlives a request.
struct Api {
  explicit Api(ApiContext& c) : context(c), previews(c) {}

  ApiContext& context;
  HeaderCache headers;
  PreviewCache previews;
  std::size_t uploads = 0;  ///< in progress
  std::size_t texts = 0;    ///< in progress
};

/// Counts a request as in progress for as long as it lives.
class InProgress {
 public:
  explicit InProgress(std::size_t& count) : count_(++count) {}
  ~InProgress() { --count_; }
  InProgress(const InProgress&) = delete;
  InProgress& operator=(const InProgress&) = delete;

 private:
  std::size_t& count_;
};

/// Whether a body is slower than the limits allow.
[[nodiscard]] inline bool too_slow(const ApiLimits& limits, net::Duration took, std::uint64_t bytes) {
  return took > limits.upload_grace &&
         static_cast<double>(bytes) < seconds(took) * static_cast<double>(limits.min_upload_bytes_per_second);
}

}  // namespace ece465::cluster
