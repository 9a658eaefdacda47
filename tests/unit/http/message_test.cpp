#include "ece465/http/message.hpp"

#include <doctest/doctest.h>

#include "ece465/http/client.hpp"
#include "ece465/http/range.hpp"
#include "ece465/http/server.hpp"

using namespace ece465;
using namespace ece465::http;

TEST_SUITE("headers") {
  TEST_CASE("names are case-insensitive, values cannot end their line") {
    Headers headers;
    headers.add("X-Name", "evil\r\nSet-Cookie: a=b");
    CHECK(headers.get("x-name") == "evil  Set-Cookie: a=b");
    headers.set("x-NAME", "good");
    CHECK(headers.all().size() == 1);
    CHECK(!headers.get("other"));
  }
}

TEST_SUITE("percent encoding") {
  TEST_CASE("round trip, and malformed escapes are refused") {
    const std::string name = "r\xC3\xB6ntgen 50%/a.tif";
    CHECK(percent_decode(percent_encode(name)) == name);
    CHECK(percent_decode("a+b%20c") == "a+b c");
    for (const auto* bad : {"%", "%4", "%zz"}) CHECK(!percent_decode(bad));
  }
}

TEST_SUITE("query") {
  TEST_CASE("any number of pairs, decoded, without malformed ones") {
    const auto query = parse_query("a=1&b=two+words&a=%26%3d&c&=d&e=%zz&%zz=e&&f=g=h");
    const std::multimap<std::string, std::string> wanted{
        {"a", "1"}, {"a", "&="}, {"b", "two words"}, {"c", ""}, {"f", "g=h"}};
    CHECK(query == wanted);
    CHECK(parse_query("").empty());
  }
}

TEST_SUITE("range") {
  TEST_CASE("one range of bytes, as in RFC 9110") {
    const auto part = [](std::string_view header) { return parse_range(header, 100); };
    CHECK(part("bytes=0-9").range == Range{0, 10});
    CHECK(part("bytes=90-").range == Range{90, 10});
    CHECK(part("bytes=-5").range == Range{95, 5});
    CHECK(part("bytes=-500").range == Range{0, 100});
    CHECK(part("bytes=99-1000").range == Range{99, 1});
    for (const auto* whole : {"", "lines=0-9", "bytes=9-0", "bytes=a-b", "bytes=0-1,5-6", "bytes=-", "bytes=5"}) {
      CAPTURE(whole);
      CHECK(part(whole).kind == RangeKind::whole);
    }
    for (const auto* beyond : {"bytes=100-", "bytes=100-200", "bytes=-0"}) {
      CAPTURE(beyond);
      CHECK(part(beyond).kind == RangeKind::unsatisfiable);
    }
    CHECK(parse_range("bytes=0-", 0).kind == RangeKind::unsatisfiable);
  }

  TEST_CASE("weak and strong etags in lists, and the star") {
    CHECK(etag_matches("\"a\", W/\"b\"", "\"b\""));
    CHECK(etag_matches("*", "\"b\""));
    CHECK(!etag_matches("\"a\", \"c\"", "\"b\""));
  }

  TEST_CASE("any name gives a safe Content-Disposition") {
    CHECK(attachment("a\"b\n\xC3\xB6.jpg") ==
          "attachment; filename=\"a_b___.jpg\"; filename*=UTF-8''a%22b%0A%C3%B6.jpg");
  }
}

TEST_SUITE("router") {
  const Handler kNothing = [](Request&) -> net::Task<Response> { co_return Response(200); };

  TEST_CASE("segments are captured decoded, an encoded slash does not split them") {
    Router router;
    router.add("GET", "/files/{name}", kNothing);
    router.add("GET", "/ui/{path*}", kNothing);
    const auto match = router.find("GET", "/files/a%2Fb%20c");
    REQUIRE(match.handler != nullptr);
    CHECK(match.captured.at("name") == "a/b c");
    CHECK(router.find("GET", "/ui/js/app.js").captured.at("path") == "js/app.js");
    CHECK(router.find("GET", "/files/a/b").handler == nullptr);
    CHECK(!router.find("GET", "/nowhere").path_known);
  }

  TEST_CASE("another method of a known path gets the allowed ones, and HEAD uses the handler of GET") {
    Router router;
    router.add("GET", "/x", kNothing);
    router.add("POST", "/x", kNothing);
    const auto match = router.find("DELETE", "/x");
    CHECK(match.handler == nullptr);
    CHECK(match.path_known);
    CHECK(match.allow == "GET, POST");
    CHECK(router.find("HEAD", "/x").handler != nullptr);
  }
}

TEST_SUITE("url") {
  TEST_CASE("the forms of a URL") {
    const auto url = parse_url("http://master:8000/base/");
    REQUIRE(url);
    CHECK(url->address == net::Address("master", 8000));
    CHECK(url->base == "/base");
    CHECK(parse_url("localhost")->address == net::Address("localhost", 80));
    CHECK(!parse_url("https://master"));
    CHECK(!parse_url("ftp://master"));
    CHECK(!parse_url("http://:80"));
    for (const auto* split : {"http://m/a b", "http://m/a\r\nX: y", "http://m/\xC3\xB6"}) {
      CAPTURE(split);
      CHECK(!parse_url(split));
    }
  }
}
