#include <cctype>
#include <nlohmann/json.hpp>

#include "api/openapi_schemas.hpp"
#include "api/route_table.hpp"

namespace ece465::cluster {
namespace {

using json = nlohmann::ordered_json;

json reference(std::string_view schema) { return {{"$ref", fmt::format("#/components/schemas/{}", schema)}}; }

json content_of(std::string_view type, json schema) { return {{type, {{"schema", std::move(schema)}}}}; }

json describe(const ResponseDoc& response) {
  json object{{"description", response.description}};
  if (!response.schema.empty()) object["content"] = content_of("application/json", reference(response.schema));
  // Without a schema the content is bytes.
  if (!response.type.empty()) object["content"] = json{{response.type, json::object()}};
  return object;
}

json describe(const ParameterDoc& parameter) {
  return {{"name", parameter.name},
          {"in", parameter.in},
          {"required", parameter.in == "path"},
          {"description", parameter.description},
          {"schema", json::parse(parameter.schema)}};
}

/// "GET /api/v1/jobs/{id}" -> "get_api_v1_jobs_id": the method's name in generated clients.
std::string operation_id(const RouteDoc& route) {
  std::string id;
  for (const char c : fmt::format("{}{}", route.method, route.path)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      id += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!id.ends_with('_')) {
      id += '_';
    }
  }
  while (id.ends_with('_')) id.pop_back();
  return id;
}

json describe(const RouteDoc& route) {
  json object{{"tags", json::array({route.tag})}, {"summary", route.summary}, {"operationId", operation_id(route)}};
  if (!route.parameters.empty()) {
    object["parameters"] = json::array();
    for (const auto& parameter : route.parameters) object["parameters"].push_back(describe(parameter));
  }
  if (!route.body_type.empty()) {
    object["requestBody"] = {{"required", true},
                             {"content", content_of(route.body_type, reference(route.body_schema))}};
  }
  object["responses"] = json::object();
  for (const auto& response : route.responses)
    object["responses"][std::to_string(response.status)] = describe(response);
  return object;
}

}  // namespace

std::string openapi_document(std::span<const RouteDoc> routes, std::string_view version) {
  json paths = json::object();
  for (const RouteDoc& route : routes) {
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    paths[std::string(route.path)][method] = describe(route);
  }
  return json{{"openapi", "3.1.0"},
              {"info",
               {{"title", "ece465 master"},
                {"version", version},
                {"description", "Distributed histogram equalization of JPEG, TIFF and PNG images."}}},
              {"servers", json::array({json{{"url", "/"}}})},
              {"paths", std::move(paths)},
              {"components", {{"schemas", json::parse(kSchemas)}}}}
      .dump();
}

}  // namespace ece465::cluster
