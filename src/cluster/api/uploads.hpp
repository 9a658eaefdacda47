#pragma once

#include "api/api_state.hpp"

namespace ece465::cluster {

/// POST /upload: the part `file` of a multipart form goes to the data folder as it arrives.
///
/// It may replace the input of a job that runs: that job has the old file open and goes on with what it began with.
[[nodiscard]] net::Task<http::Response> upload_file(Api& api, http::Request& request);

}  // namespace ece465::cluster
