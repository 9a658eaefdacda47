#include "health/health.hpp"

#include <doctest/doctest.h>

using namespace ece465::cli;

namespace {

/// As /proc shows it: every argument ended by NUL.
std::string command_line(std::initializer_list<const char*> arguments) {
  std::string line;
  for (const char* argument : arguments) (line += argument) += '\0';
  return line;
}

std::string nothing_set(const char*) { return {}; }

}  // namespace

TEST_SUITE("health") {
  TEST_CASE("in a container only a master is probed") {
    CHECK(url_of_process(command_line({"ece465", "master"}), nothing_set) == "http://127.0.0.1:8000");
    for (const auto& line : {command_line({"ece465", "worker", "--master", "master:6000"}),
                             command_line({"ece465", "equalize", "master"}), command_line({"ece465"}), std::string(),
                             command_line({"ece465", "--log-format", "json", "worker", "--id", "master"})}) {
      CHECK(!url_of_process(line, nothing_set));
    }
  }

  TEST_CASE("global options may precede the command") {
    CHECK(url_of_process(command_line({"/usr/local/bin/ece465", "--log-level", "debug", "--color=never", "master"}),
                         nothing_set) == "http://127.0.0.1:8000");
  }

  TEST_CASE("the master's port comes from its arguments, or else from the environment") {
    CHECK(url_of_process(command_line({"ece465", "master", "--http-port", "80"}), nothing_set) ==
          "http://127.0.0.1:80");
    CHECK(url_of_process(command_line({"ece465", "master", "--http-port=80", "--http-port=81"}), nothing_set) ==
          "http://127.0.0.1:81");
    const auto set = [](const char* name) { return std::string(name) == "ECE465_HTTP_PORT" ? "82" : ""; };
    CHECK(url_of_process(command_line({"ece465", "master"}), set) == "http://127.0.0.1:82");
    CHECK(url_of_process(command_line({"ece465", "master", "--http-port", "80"}), set) == "http://127.0.0.1:80");
    const auto made_up = [](const char*) { return "tcp://10.96.0.7:8000"; };
    CHECK(url_of_process(command_line({"ece465", "master"}), made_up) == "http://127.0.0.1:8000");
  }
}
