#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ece465/http/server.hpp"

namespace ece465::cluster {

struct Api;

/// One answer of a route, as its documentation says it.
struct ResponseDoc {
  int status;
  std::string_view description;
  std::string_view schema = {};  ///< a name in the schemas, for JSON; else
  std::string_view type = {};    ///< the content type of what is no JSON
};

struct ParameterDoc {
  std::string_view name;
  std::string_view in;  ///< "path" or "query"
  std::string_view description;
  std::string_view schema;  ///< as JSON
};

/// A route: what it does, and all that the OpenAPI document says about it. One table makes both, so that neither
/// knows a route that the other does not.
struct RouteDoc {
  std::string_view method, path, tag, summary;
  std::vector<ParameterDoc> parameters;
  std::string_view body_type, body_schema;  ///< of a request with a body
  std::vector<ResponseDoc> answers;
  net::Task<http::Response> (*handle)(Api&, http::Request&);
};

/// Every route of the API.
[[nodiscard]] const std::vector<RouteDoc>& route_table();

/// The OpenAPI 3.1 document of these routes.
[[nodiscard]] std::string openapi_document(std::span<const RouteDoc> routes, std::string_view version);

}  // namespace ece465::cluster
