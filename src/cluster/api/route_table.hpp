#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ece465/http/server.hpp"

namespace ece465::cluster {

struct Api;

/// A response of a route, for its documentation.
struct ResponseDoc {
  int status;
  std::string_view description;
  std::string_view schema = {};  ///< for JSON: a name in the schemas
  std::string_view type = {};    ///< otherwise: the content type
};

struct ParameterDoc {
  std::string_view name;
  std::string_view in;  ///< "path" or "query"
  std::string_view description;
  std::string_view schema;  ///< as JSON
};

/// A route and its documentation. The router and the OpenAPI document are made from the same table.
struct RouteDoc {
  std::string_view method, path, tag, summary;
  std::vector<ParameterDoc> parameters;
  std::string_view body_type, body_schema;  ///< of a request with a body
  std::vector<ResponseDoc> responses;
  net::Task<http::Response> (*handle)(Api&, http::Request&);
};

/// All routes of the API.
[[nodiscard]] const std::vector<RouteDoc>& route_table();

/// The OpenAPI 3.1 document of these routes.
[[nodiscard]] std::string openapi_document(std::span<const RouteDoc> routes, std::string_view version);

}  // namespace ece465::cluster
