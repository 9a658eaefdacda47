#include "ece465/http/assets.hpp"

#include <doctest/doctest.h>

using namespace ece465;
using namespace ece465::http;

namespace {

const std::string kPlain = "body { color: maroon; }", kGzip = "(the same, compressed)";
const Asset kStyle{.path = "/ui/style.css",
                   .type = "text/css; charset=utf-8",
                   .etag = "abc",
                   .plain = as_bytes(kPlain),
                   .gzip = as_bytes(kGzip)};

Response ask(const Asset& asset, std::string_view encodings, std::string_view known = {}) {
  Request request;
  if (!encodings.empty()) request.headers.add("Accept-Encoding", encodings);
  if (!known.empty()) request.headers.add("If-None-Match", known);
  return serve_asset(request, asset);
}

std::string_view body_of(const Response& response) { return as_text(std::get<StaticBody>(response.body).bytes); }

}  // namespace

TEST_SUITE("assets") {
  TEST_CASE("which clients accept gzip") {
    for (const auto* yes : {"gzip", "GZIP", "deflate, gzip;q=0.5, br", "br , gzip ; q=1.0", "*", "x-gzip", "gzip;x=0",
                            "*;q=0, gzip", "gzip;q=0.001", "gzip;q="}) {
      CAPTURE(yes);
      CHECK(accepts_gzip(yes));
    }
    for (const auto* no :
         {"", "identity", "br", "gzip;q=0", "gzip ; Q = 0.000", "*;q=0", "*, gzip;q=0", "gzipped", ",;=,"}) {
      CAPTURE(no);
      CHECK(!accepts_gzip(no));
    }
  }

  TEST_CASE("compressed for clients that accept it, unchanged for others") {
    const Response compressed = ask(kStyle, "gzip, br");
    CHECK(compressed.status == 200);
    CHECK(compressed.headers.get("Content-Encoding") == "gzip");
    CHECK(compressed.headers.get("Content-Type") == "text/css; charset=utf-8");
    CHECK(compressed.headers.get("Vary") == "Accept-Encoding");
    CHECK(compressed.headers.get("ETag") == "\"abc-gzip\"");
    CHECK(body_of(compressed) == kGzip);
    const Response plain = ask(kStyle, "");
    CHECK(!plain.headers.get("Content-Encoding"));
    CHECK(plain.headers.get("Vary") == "Accept-Encoding");
    CHECK(plain.headers.get("ETag") == "\"abc\"");
    CHECK(body_of(plain) == kPlain);
  }

  TEST_CASE("a file that compression does not shrink is never compressed") {
    Asset font = kStyle;
    font.gzip = {};
    const Response response = ask(font, "gzip");
    CHECK(!response.headers.get("Content-Encoding"));
    CHECK(!response.headers.get("Vary"));
    CHECK(body_of(response) == kPlain);
  }

  TEST_CASE("a client that has the file gets 304, for the representation that it accepts") {
    const Response known = ask(kStyle, "gzip", "\"abc-gzip\"");
    CHECK(known.status == 304);
    CHECK(known.headers.get("ETag") == "\"abc-gzip\"");
    CHECK(!known.headers.get("Content-Type"));
    CHECK(ask(kStyle, "gzip", "\"abc\"").status == 200);
    CHECK(ask(kStyle, "", "\"abc\"").status == 304);
    CHECK(ask(kStyle, "", "\"other\"").status == 200);
  }
}
