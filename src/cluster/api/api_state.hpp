#pragma once

#include <cstddef>

#include "api/api.hpp"
#include "api/header_cache.hpp"
#include "api/previews.hpp"

namespace ece465::cluster {

/// What the routes share: the context that they were given, and what they remember between requests.
struct Api {
  explicit Api(ApiContext& c) : context(c), previews(c) {}

  ApiContext& context;
  HeaderCache headers;
  Previews previews;
  std::size_t uploads = 0;  ///< at work now
};

}  // namespace ece465::cluster
