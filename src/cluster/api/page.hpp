#pragma once

#include "api/route_table.hpp"

namespace ece465::cluster {

/// `GET /`: the web page, or in a build without it a plain one that says how the API is used.
[[nodiscard]] net::Task<http::Response> index_page(Api& api, http::Request& request);

/// Adds the files that the web page names.
void add_page_files(http::Router& router);

}  // namespace ece465::cluster
