#include "ece465/http/multipart.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ece465;
using namespace ece465::http;

namespace {

struct Part {
  std::string name, filename, data;
  bool ended = false;
  bool operator==(const Part&) const = default;
};

struct Outcome {
  std::vector<Part> parts;
  bool finished = false;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

/// Feeds `body` in pieces of the given sizes (the last one repeats) and collects the events.
Outcome parse(std::string_view body, const std::vector<std::size_t>& pieces, std::string_view boundary = "XyZ") {
  MultipartParser parser(boundary);
  Outcome outcome;
  std::size_t turn = 0;
  while (!body.empty()) {
    const std::size_t n = std::min(body.size(), pieces[std::min(turn++, pieces.size() - 1)]);
    const std::string piece(body.substr(0, n));  // a copy, so that ASan detects a dangling view
    body.remove_prefix(n);
    parser.feed(as_bytes(piece));
    for (bool more = true; more;) {
      const auto event = parser.next();
      if (!event) {
        outcome.error = event.error().text();
        return outcome;
      }
      if (const auto* begin = std::get_if<MultipartParser::PartBegin>(&*event)) {
        outcome.parts.push_back({begin->name, begin->filename.value_or("-"), "", false});
      } else if (const auto* data = std::get_if<MultipartParser::PartData>(&*event)) {
        outcome.parts.back().data += as_text(data->bytes);
      } else if (std::holds_alternative<MultipartParser::PartEnd>(*event)) {
        outcome.parts.back().ended = true;
      } else {
        outcome.finished = std::holds_alternative<MultipartParser::Finished>(*event);
        more = false;
      }
    }
  }
  return outcome;
}

constexpr std::string_view kForm =
    "ignored preamble\r\n--XyZ\r\n"
    "Content-Disposition: form-data; name=\"mode\"\r\n\r\n"
    "luma\r\n"
    "--XyZ\r\n"
    "content-disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\"; c.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
    "\r\n--Xy\r\r\n--XyQ binary \r\n-\r\n"
    "\r\n--XyZ\r\n"
    "Content-Disposition: form-data; name=empty\r\n\r\n"
    "\r\n--XyZ--\r\nignored epilogue";

const Outcome kWanted{{{"mode", "-", "luma", true},
                       {"file", "a \"b\"; c.jpg", "\r\n--Xy\r\r\n--XyQ binary \r\n-\r\n", true},
                       {"empty", "-", "", true}},
                      true,
                      ""};

}  // namespace

TEST_SUITE("multipart") {
  TEST_CASE("parts, names, file names and data that looks like a boundary") {
    CHECK(parse(kForm, {kForm.size()}) == kWanted);
  }

  TEST_CASE("split at every offset, and byte by byte, the events are the same") {
    CHECK(parse(kForm, {1}) == kWanted);
    for (std::size_t cut = 1; cut < kForm.size(); ++cut) {
      CAPTURE(cut);
      CHECK(parse(kForm, {cut, kForm.size()}) == kWanted);
    }
  }

  TEST_CASE("a form without a preamble") {
    const auto outcome = parse("--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XyZ--\r\n", {100});
    CHECK(outcome == Outcome{{{"a", "-", "1", true}}, true, ""});
  }

  TEST_CASE("a body that ends early never finishes") {
    const auto outcome = parse(kForm.substr(0, kForm.size() - 40), {64});
    CHECK(!outcome.finished);
    CHECK(outcome.error.empty());
  }

  TEST_CASE("an endless part header and a malformed boundary line are errors") {
    CHECK(parse("--XyZ\r\n" + std::string(10'000, 'h'), {512}).error.find("header") != std::string::npos);
    CHECK(parse("--XyZabc", {512}).error.find("boundary") != std::string::npos);
  }

  TEST_CASE("a megabyte of carriage returns is data") {
    const std::string returns(1 << 20, '\r');
    const auto outcome =
        parse("--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + returns + "\r\n--XyZ--", {65536});
    REQUIRE(outcome.parts.size() == 1);
    CHECK(outcome.parts[0].data == returns);
    CHECK(parse(returns, {65536}) == Outcome{});
  }

  TEST_CASE("the boundary of a content type") {
    CHECK(multipart_boundary("multipart/form-data; boundary=abc") == "abc");
    CHECK(multipart_boundary("Multipart/Form-Data; charset=utf-8; boundary=\"a b;c\"") == "a b;c");
    CHECK(!multipart_boundary("multipart/form-data"));
    CHECK(!multipart_boundary("application/json; boundary=abc"));
    CHECK(!multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'x')));
    CHECK(!multipart_boundary("multipart/form-data; boundary=\"a\r\n--b\""));
  }
}
