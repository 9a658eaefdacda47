#pragma once

#include "api/api_state.hpp"

namespace ece465::cluster {

/// POST /api/v1/mapreduce/{kind}: counts the text that is the body over the workers, and answers with the result. It is
/// counted while it arrives, and kept nowhere: a client that goes away takes its text with it.
[[nodiscard]] net::Task<http::Response> map_text(Api& api, http::Request& request);

}  // namespace ece465::cluster
