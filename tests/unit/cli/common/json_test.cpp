#include "common/json.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using ece465::cli::Json;

TEST_SUITE("JSON output") {
  TEST_CASE("values of every type are written on one line and indented") {
    Json list = Json::array();
    list.push_back({{"empty", Json::array()}, {"none", std::optional<int>()}});
    list.push_back(true);
    const Json json{{"name", "a\"b,{}\n"}, {"count", 1U}, {"share", 1.0}, {"nested", {{"min", -1}}}, {"list", list}};
    CHECK(json.compact() ==
          R"({"name":"a\"b,{}\n","count":1,"share":1.0,"nested":{"min":-1},"list":[{"empty":[],"none":null},true]})");
    CHECK(json.pretty() ==
          "{\n"
          "  \"name\": \"a\\\"b,{}\\n\",\n"
          "  \"count\": 1,\n"
          "  \"share\": 1.0,\n"
          "  \"nested\": {\n"
          "    \"min\": -1\n"
          "  },\n"
          "  \"list\": [\n"
          "    {\n"
          "      \"empty\": [],\n"
          "      \"none\": null\n"
          "    },\n"
          "    true\n"
          "  ]\n"
          "}");
  }

  TEST_CASE("bytes that are not UTF-8 are replaced") {
    CHECK(Json(std::string("b\xFF")).compact() == "\"b\xEF\xBF\xBD\"");
  }

  TEST_CASE("arrays are made from ranges") {
    CHECK(Json::array(std::vector<std::uint64_t>{1, 2}).compact() == "[1,2]");
    CHECK(Json::array(std::vector<std::string>{"a", "b"}).compact() == R"(["a","b"])");
  }

  TEST_CASE("parsed text keeps its values, and anything else is null") {
    CHECK(Json::parse(R"( {"b" : [1, 2.50], "a" : null} )").compact() == R"({"b":[1,2.5],"a":null})");
    CHECK(Json::parse(R"({"jobs": [7]})", "jobs").compact() == "[7]");
    CHECK(Json::parse(R"({"jobs": [7]})", "workers").compact() == "null");
    CHECK(Json::parse("[7]", "jobs").compact() == "null");
    CHECK(Json::parse("no JSON").compact() == "null");
  }
}
