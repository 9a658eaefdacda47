#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "api/route_table.hpp"
#include "api_fixture.hpp"

using namespace ece465;
using namespace ece465::cluster;
using namespace ece465::cluster::testing;
using nlohmann::json;

namespace {

json document() { return json::parse(openapi_document(route_table(), "1.2.3")); }

/// Calls `visit(key, value)` for every member of every object.
template <class Visit>
void for_each_member(const json& value, const Visit& visit) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) visit(key, member);
  }
  if (!value.is_structured()) return;
  for (const auto& element : value) for_each_member(element, visit);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

}  // namespace

TEST_SUITE("openapi") {
  TEST_CASE("the document has exactly the routes of the table") {
    const json paths = document()["paths"];
    std::size_t operations = 0;
    for (const auto& [path, methods] : paths.items()) operations += methods.size();
    CHECK(operations == route_table().size());
    for (const RouteDoc& route : route_table()) {
      CAPTURE(route.path);
      REQUIRE(paths.contains(std::string(route.path)));
      CHECK(paths[std::string(route.path)].contains(lower(route.method)));
    }
  }

  TEST_CASE("references resolve, ids are unique, path parameters are declared") {
    const json whole = document();
    CHECK(whole["openapi"] == "3.1.0");
    CHECK(whole["info"]["version"] == "1.2.3");
    std::set<std::string> used;
    for_each_member(whole, [&](const std::string& key, const json& value) {
      if (key != "$ref") return;
      const auto reference = value.get<std::string>();
      CAPTURE(reference);
      REQUIRE(reference.starts_with("#/"));
      CHECK(whole.contains(json::json_pointer(reference.substr(1))));
      used.insert(reference.substr(reference.rfind('/') + 1));
    });
    for (const auto& [name, schema] : whole["components"]["schemas"].items()) {
      CAPTURE(name);
      CHECK(used.contains(name));
    }
    std::set<std::string> ids;
    for (const auto& [path, methods] : whole["paths"].items()) {
      for (const auto& [method, operation] : methods.items()) {
        CAPTURE(path);
        CHECK(ids.insert(operation["operationId"].get<std::string>()).second);
        CHECK(!operation["summary"].get<std::string>().empty());
        CHECK(!operation["responses"].empty());
        std::set<std::string> declared;
        for (const auto& parameter : operation.value("parameters", json::array())) {
          if (parameter["in"] == "path") declared.insert("{" + parameter["name"].get<std::string>() + "}");
        }
        std::set<std::string> in_path;
        for (auto at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1)) {
          in_path.insert(path.substr(at, path.find('}', at) - at + 1));
        }
        CHECK(declared == in_path);
      }
    }
  }

  TEST_CASE("every route exists with exactly its methods") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      const auto served = co_await get(api, "/api/v1/openapi.json");
      CHECK(json::parse(served.body) == document());
      check_documented("GET", "/api/v1/openapi.json", served);
      for (const RouteDoc& route : route_table()) {
        CAPTURE(route.path);
        std::string target(route.path);
        for (auto at = target.find('{'); at != std::string::npos; at = target.find('{')) {
          target.replace(at, target.find('}', at) - at + 1, "none.jpg");
        }
        if (route.path == "/api/v1/events") continue;  // endless
        const auto answer = co_await call(api, std::string(route.method), target);
        CHECK(answer.status != 405);
        CHECK(answer.body != R"({"detail":"Not Found"})");
        check_documented(route.method, route.path, answer);
        const auto other = co_await call(api, "PATCH", target);
        CHECK(other.status == 405);
        CHECK(other.headers.get("Allow").value_or("").find(route.method) != std::string::npos);
      }
    });
  }
}
