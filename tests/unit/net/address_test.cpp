#include "ece465/net/address.hpp"

#include <doctest/doctest.h>

using namespace ece465;
using namespace ece465::net;

TEST_SUITE("address") {
  TEST_CASE("host and port in their usual forms") {
    CHECK(parse_address("master:6000", 1) == Address{"master", 6000});
    CHECK(parse_address("master", 6000) == Address{"master", 6000});
    CHECK(parse_address("[::1]:6000", 1) == Address{"::1", 6000});
    CHECK(parse_address("[::1]", 6000) == Address{"::1", 6000});
    CHECK(parse_address("::1", 6000) == Address{"::1", 6000});
    CHECK(parse_address("fe80::1%eth0", 6000) == Address{"fe80::1%eth0", 6000});
    CHECK(Address{"::1", 6000}.to_string() == "[::1]:6000");
  }

  TEST_CASE("an invalid address is named, with the form to write") {
    for (const auto* text : {"", ":6000", "host:", "host:99999", "host:-1", "host:6000x", "[::1", "[::1]6000",
                             "host:80:90", "me@host", "a b:1", "[host]:", "host/x:1", "[a]b]:1"}) {
      CAPTURE(text);
      const auto address = parse_address(text, 1);
      REQUIRE(!address);
      CHECK(address.error().code == Errc::usage);
      CHECK(address.error().text().find("HOST:PORT") != std::string::npos);
    }
  }
}
