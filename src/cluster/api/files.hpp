#pragma once

#include "api/api_state.hpp"

/// Files of the data folder: lists, downloads, previews, deletion.

namespace ece465::cluster {

/// GET /files: inputs, as the course lists them.
[[nodiscard]] net::Task<http::Response> list_inputs(Api& api, http::Request& request);
/// GET /files/equalized: results, likewise.
[[nodiscard]] net::Task<http::Response> list_results(Api& api, http::Request& request);
/// DELETE /files/{name}: the file and its result, and the jobs that work on it.
[[nodiscard]] net::Task<http::Response> delete_file(Api& api, http::Request& request);
/// GET /download/{name}: an input or a result.
[[nodiscard]] net::Task<http::Response> download(Api& api, http::Request& request);
/// GET /api/v1/files: inputs with what is known of them.
[[nodiscard]] net::Task<http::Response> describe_files(Api& api, http::Request& request);
/// GET /api/v1/files/{name}/preview: a small JPEG.
[[nodiscard]] net::Task<http::Response> preview(Api& api, http::Request& request);

}  // namespace ece465::cluster
