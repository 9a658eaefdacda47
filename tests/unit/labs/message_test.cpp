#include "dining/message.hpp"

#include <doctest/doctest.h>

using namespace ece465::labs;

TEST_SUITE("labs: philosophers' messages") {
  TEST_CASE("are one JSON object per line, in the course's words") {
    CHECK(encode({.action = Action::request, .pid = 2}) == "{\"action\":\"REQUEST\",\"pid\":2}\n");
    CHECK(encode({.action = Action::returned, .pid = 2}) == "{\"action\":\"RETURN\",\"pid\":2}\n");
    CHECK(encode({.action = Action::approved, .pid = 0}) == "{\"action\":\"APPROVED\",\"pid\":0}\n");
    CHECK(encode({.action = Action::denied, .pid = 4}) == "{\"action\":\"DENIED\",\"pid\":4}\n");
    CHECK(encode({.action = Action::sit}) == "{\"action\":\"SIT\"}\n");
    CHECK(encode({.action = Action::full}) == "{\"action\":\"FULL\"}\n");
    CHECK(encode({.action = Action::seated, .pid = 1, .seats = 5}) ==
          "{\"action\":\"SEATED\",\"pid\":1,\"seats\":5}\n");
  }

  TEST_CASE("are parsed, ignoring unknown keys") {
    const auto seated = decode(R"({"action":"SEATED","pid":1,"seats":5})");
    REQUIRE(seated);
    CHECK(seated->action == Action::seated);
    CHECK(seated->pid == 1);
    CHECK(seated->seats == 5);
    const auto request = decode(R"( { "pid" : 9999, "mood": "hungry", "action" : "REQUEST" } )");
    REQUIRE(request);
    CHECK(request->pid == 9999);
  }

  TEST_CASE("anything else is rejected") {
    for (const char* line :
         {"", "REQUEST", "[]", "{}", R"({"action":1})", R"({"action":"STEAL"})", R"({"action":"REQUEST","pid":-1})",
          R"({"action":"REQUEST","pid":10000})", R"({"action":"REQUEST","pid":1.5})",
          R"({"action":"REQUEST","pid":"1"})", R"({"action":"SEATED","pid":1})", R"({"action":"SEATED","seats":5})",
          R"({"action":"REQUEST")", R"({"action":"REQUEST","pid":99999999999999999999999})"}) {
      CAPTURE(line);
      CHECK_FALSE(decode(line));
    }
    CHECK_FALSE(decode(R"({"action":"REQUEST","x":")" + std::string(300, 'x') + "\"}"));
  }
}
