#include "ece465/wire/header.hpp"

#include <doctest/doctest.h>

#include "wire_decode.hpp"

// What peers can do wrong, and how they may differ.

using namespace ece465;
using namespace ece465::wire;

namespace {

const Peer kOldWorker{Sender::worker, false, {}};
const Peer kOldMaster{Sender::master, false, {}};
const Peer kWorker{Sender::worker, true, {}};
const Peer kMaster{Sender::master, true, {}};

/// The failure of a line, which must fail.
Error failure(std::string_view line, const Peer& peer) {
  const auto header = parse_header(line, peer);
  INFO(line);
  REQUIRE_FALSE(header.has_value());
  CHECK_FALSE(header.error().text().empty());
  return header.error();
}

/// The message of a line, which must parse.
template <class M>
M parsed(std::string_view line, const Peer& peer) {
  const auto header = parse_header(line, peer);
  INFO(line);
  REQUIRE(header.has_value());
  REQUIRE(std::holds_alternative<M>(header->message));
  return std::get<M>(header->message);
}

Dialect shape(std::string_view line, const Peer& peer) {
  const auto header = parse_header(line, peer);
  REQUIRE(header.has_value());
  return header->dialect;
}

bool mentions(const Error& error, std::string_view words) { return error.text().find(words) != std::string::npos; }

}  // namespace

TEST_SUITE("header lines") {
  TEST_CASE("the form of a request tells the older dialects apart") {
    CHECK(shape("CALC_HIST 100", kOldMaster) == Dialect::documented);
    CHECK(shape("CALC_HIST job_1 100", kOldMaster) == Dialect::course);
    CHECK(shape("CALC_HIST 7 100", kOldMaster) == Dialect::course);
    CHECK(parsed<CalcHist>("CALC_HIST 7 100", kOldMaster).id.job == "7");
    CHECK(shape("APPLY_CDF 0", kOldMaster) == Dialect::documented);
    CHECK(shape("APPLY_CDF job_1 0", kOldMaster) == Dialect::course);
    CHECK(failure("CALC_HIST 1 2 3", kOldMaster).code == Errc::corrupt);
    // Without an agreement on ECE465/2 its form is invalid.
    CHECK(failure("CALC_HIST 100 task=1", kOldMaster).code == Errc::corrupt);
    CHECK(failure("CALC_HIST 100", kMaster).code == Errc::corrupt);
    CHECK(failure("CALC_HIST job_1 100", kMaster).code == Errc::corrupt);
  }

  TEST_CASE("a size consists of digits and is checked against the limit first") {
    for (const char* bad : {"", "-1", "+1", "0x10", "1.0", "1e3", "ten", " "}) {
      CHECK(failure(std::string("CALC_HIST ") + bad, kOldMaster).code == Errc::corrupt);
    }
    CHECK(parsed<CalcHist>("CALC_HIST 1073741824", kOldMaster).size == 1'073'741'824);
    CHECK(failure("CALC_HIST 1073741825", kOldMaster).code == Errc::too_large);
    CHECK(failure("CALC_HIST 18446744073709551615", kOldMaster).code == Errc::too_large);
    CHECK(failure("CALC_HIST 18446744073709551616", kOldMaster).code == Errc::too_large);
    CHECK(failure("CALC_HIST 99999999999999999999999999999999", kOldMaster).code == Errc::too_large);
    CHECK(failure("APPLY_CDF job_1 1073741825", kOldMaster).code == Errc::too_large);
    CHECK(failure("CDF_RESULT 1073741825", kOldWorker).code == Errc::too_large);
    CHECK(failure("MAPPED_RESULT job_1 1073741825", kOldWorker).code == Errc::too_large);
    CHECK(failure("MAP_RESULT 1073741825 task=1", kWorker).code == Errc::too_large);
    CHECK(failure("HIST_RESULT 2561 task=1", kWorker).code == Errc::too_large);
    CHECK(failure("HIST_RESULT 655361 task=1 bits=16", kWorker).code == Errc::too_large);
    Peer careful = kOldMaster;
    careful.limits.max_payload_bytes = 10;
    CHECK(failure("CALC_HIST 11", careful).code == Errc::too_large);
  }

  TEST_CASE("a missing, duplicate or invalid attribute is named") {
    CHECK(mentions(failure("CALC_HIST 4 bits=8", kMaster), "task="));
    CHECK(mentions(failure("CALC_HIST 4 task=1 task=1", kMaster), "duplicate"));
    CHECK(mentions(failure("CALC_HIST 4 task=x", kMaster), "task="));
    CHECK(mentions(failure("CALC_HIST 4 task=-1", kMaster), "task="));
    CHECK(mentions(failure("CALC_HIST 4 task=18446744073709551616", kMaster), "task="));
    CHECK(mentions(failure("CALC_HIST 4 task=1 bits=12", kMaster), "bits="));
    CHECK(mentions(failure("CALC_HIST 4 task=1 keep=2", kMaster), "keep="));
    CHECK(mentions(failure("CALC_HIST 4 task=1 xxh3=123", kMaster), "xxh3="));
    CHECK(mentions(failure("CALC_HIST 4 task=1 xxh3=4E6F9A5567D455AC", kMaster), "xxh3="));
    CHECK(mentions(failure("CALC_HIST 4 task=1 keep", kMaster), "key=value"));
    CHECK(mentions(failure("CALC_HIST 4 task=1 =1", kMaster), "key=value"));
    CHECK(mentions(failure("CALC_HIST 3 task=1 bits=16", kMaster), "16-bit"));
    CHECK(mentions(failure("APPLY_CDF 4 task=2 from=1", kMaster), "from="));
    CHECK(mentions(failure("APPLY_CDF 5 task=2 bits=16 table=1", kMaster), "16-bit"));
    CHECK(mentions(failure("TABLE 255 table=1", kMaster), "table"));
    CHECK(mentions(failure("TABLE 256", kMaster), "table="));
    CHECK(mentions(failure("MAP 4 task=1", kMaster), "kind="));
    CHECK(mentions(failure("MAP 4 task=1 kind=Word_Count", kMaster), "kind="));
    CHECK(mentions(failure("PING", kMaster), "n="));
    std::string many = "PING n=1";
    for (int i = 0; i < 31; ++i) many += fmt::format(" k{}=", i);
    CHECK(parsed<Ping>(many, kMaster).number == 1);
    CHECK(mentions(failure(many + " one=more", kMaster), "32"));
  }

  TEST_CASE("attributes of later versions are ignored") {
    CHECK(parsed<CalcHist>("CALC_HIST 4 new=thing task=3 other=", kMaster).id.task == TaskId{3});
    CHECK(parsed<Register>("REGISTER a ECE465/2 credit=1 payload=2 colour=blue", kOldWorker).offer.credit_bytes == 1);
  }

  TEST_CASE("verbs of later versions are skipped with their bodies, and keep their task for an answer") {
    auto unknown = parsed<Ignored>("SORT 4096 task=9 by=size", kMaster);
    CHECK(unknown.verb == "SORT");
    CHECK(unknown.skip_bytes == 4096);
    CHECK(unknown.task == TaskId{9});
    CHECK(parsed<Ignored>("HURRY task=2", kMaster).skip_bytes == 0);
    CHECK(failure("SORT 99999999999 task=9", kMaster).code == Errc::too_large);
    // The older dialects do not have this rule: only the line is skipped.
    CHECK(parsed<Ignored>("SORT 4096", kOldMaster).skip_bytes == 0);
    CHECK(parsed<Ignored>("PING n=1", kOldMaster).verb == "PING");
    CHECK(parsed<Ignored>("status", kOldWorker).verb == "status");
  }

  TEST_CASE("a blank line is ignored") {
    for (const char* blank : {"", " ", "\t", "\r", "  \r"}) {
      for (const Peer& peer : {kOldWorker, kOldMaster, kWorker, kMaster}) {
        CHECK(parsed<Ignored>(blank, peer).verb.empty());
      }
    }
  }

  TEST_CASE("pixels and other protocols are not commands") {
    for (const std::string& garbage :
         {std::string("\x00\x01", 2), std::string("\xff\xd8\xff"), std::string("[1,2]"), std::string("task=1"),
          std::string("4 task=1"), std::string("A_VERB_OF_MORE_THAN_THIRTYTWO_LETTERS"),
          std::string("GET/ HTTP/1.1")}) {
      for (const Peer& peer : {kOldWorker, kOldMaster, kWorker, kMaster}) {
        CHECK(mentions(failure(garbage, peer), "not a command"));
      }
    }
  }

  TEST_CASE("errors quote the line with control characters escaped") {
    const auto error = failure("CALC_HIST \x1b[31m\x07", kOldMaster);
    CHECK(mentions(error, "\\x1b[31m\\x07"));
    const auto longer = failure("CALC_HIST " + std::string(1000, 'z'), kOldMaster);
    CHECK(longer.text().size() < 200);
  }

  TEST_CASE("a line without an end is an error after exactly 64 KiB") {
    std::string endless(65'535, 'A');
    CHECK(std::holds_alternative<NeedMore>(decode(as_bytes(endless), kOldWorker)));
    endless += 'A';
    const auto result = decode(as_bytes(endless), kOldWorker);
    REQUIRE(std::holds_alternative<Error>(result));
    CHECK(std::get<Error>(result).code == Errc::too_large);

    const std::string longest = "LOG a " + std::string(65'535 - 6, 'x');
    CHECK(parsed<Log>(longest, kOldWorker).text.size() == 4096);
    CHECK(std::holds_alternative<Decoded>(decode(as_bytes(longest + "\n"), kOldWorker)));
    CHECK(std::holds_alternative<Error>(decode(as_bytes(longest + "x\n"), kOldWorker)));
    CHECK(failure(longest + "x", kOldWorker).code == Errc::too_large);
  }

  TEST_CASE("the course dialect's second line has the same limit") {
    const std::string endless = "HIST_RESULT job_1\n[" + std::string(65'536, ' ');
    CHECK(std::holds_alternative<Error>(decode(as_bytes(endless), kOldWorker)));
  }

  TEST_CASE("an invalid line of counts is an error") {
    for (const char* line : {"", "[]", "[1,2]", "{}", "CALC_HIST 3"}) {
      auto header = parse_header("HIST_RESULT job_1", kOldWorker);
      REQUIRE(header.has_value());
      REQUIRE(header->counts_line_follows);
      CHECK_FALSE(add_counts_line(*header, line, kOldWorker).has_value());
    }
    CHECK(failure("HIST_RESULT", kOldWorker).code == Errc::corrupt);
    CHECK(failure("HIST_RESULT job_1 extra", kOldWorker).code == Errc::corrupt);
    CHECK(failure("HIST_RESULT " + std::string(129, 'j'), kOldWorker).code == Errc::corrupt);
    CHECK(failure("HIST_RESULT [1,2]", kOldWorker).code == Errc::corrupt);
  }

  TEST_CASE("a worker's answers use their dialect's verb") {
    CHECK(failure("CDF_RESULT job_1 4", kOldWorker).code == Errc::corrupt);
    CHECK(failure("MAPPED_RESULT 4", kOldWorker).code == Errc::corrupt);
    CHECK(parsed<Ignored>("MAPPED_RESULT job_1 4", kWorker).verb == "MAPPED_RESULT");
  }

  TEST_CASE("a registration without a valid offer is a plain one") {
    for (const char* line : {"REGISTER a", "REGISTER a 42", "REGISTER a ECE465/1", "REGISTER a ECE465/x y z"}) {
      CHECK(shape(line, kOldWorker) == Dialect::documented);
      CHECK(parsed<Register>(line, kOldWorker).worker == "a");
    }
  }

  TEST_CASE("a registration has its required attributes, within limits") {
    CHECK(mentions(failure("REGISTER", kOldWorker), "missing"));
    CHECK(failure("REGISTER a/b", kOldWorker).code == Errc::bad_input);
    CHECK(mentions(failure("REGISTER a ECE465/2 payload=1", kOldWorker), "credit="));
    CHECK(mentions(failure("REGISTER a ECE465/2 credit=1", kOldWorker), "payload="));
    CHECK(mentions(failure("REGISTER a ECE465/2 credit=18446744073709551615 payload=1", kOldWorker), "credit="));
    CHECK(mentions(failure("REGISTER a ECE465/2 threads=65536 credit=1 payload=1", kOldWorker), "threads="));
    CHECK(mentions(failure("REGISTER a ECE465/2 credit=1 payload=1 maps=a,B", kOldWorker), "maps="));
    const auto modest = parsed<Register>("REGISTER a ECE465/3 credit=1 payload=2 threads=0 maps=,a,,b,", kOldWorker);
    CHECK(modest.offer == Offer{3, 1, 1, 0, 2, false, {"a", "b"}});
    CHECK(parsed<Register>("REGISTER a ECE465/2 credit=1 payload=2 checksum=crc9,xxh3", kOldWorker).offer.checksum);
  }

  TEST_CASE("a master must choose what was offered") {
    CHECK(failure("REGISTERED ECE465/3 heartbeat=1 payload=1", kOldMaster).code == Errc::unsupported);
    CHECK(failure("REGISTERED ECE465/2 heartbeat=1 payload=1 checksum=md5", kOldMaster).code == Errc::unsupported);
    CHECK(mentions(failure("REGISTERED ECE465/2 payload=1", kOldMaster), "heartbeat="));
    CHECK(shape("REGISTERED hello", kOldMaster) == Dialect::documented);
    CHECK(shape("ACK_REGISTER hello", kOldMaster) == Dialect::course);
  }

  TEST_CASE("log lines become one clean line") {
    CHECK(parsed<Log>("LOG node-1  two  words ", kOldWorker) == Log{"node-1", "two  words"});
    CHECK(parsed<Log>("LOG", kOldWorker) == Log{"", ""});
    CHECK(parsed<Log>("LOG node-1", kOldWorker) == Log{"node-1", ""});
    CHECK(parsed<Log>("LOG [x] odd id", kOldWorker) == Log{"", "[x] odd id"});
    CHECK(parsed<Log>("LOG a caf\xc3\xa9 \x1b[31m \xff", kOldWorker).text == "caf\xc3\xa9  [31m \xef\xbf\xbd");
    CHECK(shape("LOG a b", kOldWorker) == Dialect::course);
    CHECK(shape("LOG a b", kWorker) == Dialect::v2);

    std::string written = to_line(Log{"a", "two\nlines\r\n"}, Dialect::course);
    CHECK(written == "LOG a two lines\n");
    written = to_line(ErrorReport{ErrorCode::failed, {}, std::string(10'000, 'x')}, Dialect::v2);
    CHECK(written.size() < 4200);
  }

  TEST_CASE("error reports carry any text, and other programs' errors are kept unchanged") {
    const auto report = parsed<ErrorReport>("ERROR task=4 code=checksum text=a text=b  c=d", kWorker);
    CHECK(report == ErrorReport{ErrorCode::checksum, TaskId{4}, "a text=b  c=d"});
    CHECK(parsed<ErrorReport>("ERROR text=only", kWorker) == ErrorReport{ErrorCode::failed, {}, "only"});
    CHECK(parsed<ErrorReport>("ERROR code=from_the_future", kWorker).code == ErrorCode::failed);
    CHECK(failure("ERROR something odd", kWorker).code == Errc::corrupt);
    CHECK(parsed<ErrorReport>("ERROR bad registration", kOldMaster).text == "bad registration");
    for (const auto code :
         {ErrorCode::failed, ErrorCode::bad_request, ErrorCode::too_large, ErrorCode::unsupported, ErrorCode::no_chunk,
          ErrorCode::no_table, ErrorCode::checksum, ErrorCode::dropped, ErrorCode::leaving, ErrorCode::refused}) {
      const ErrorReport sent{code, TaskId{1}, "why"};
      std::string line = to_line(sent, Dialect::v2);
      line.pop_back();
      CHECK(parsed<ErrorReport>(line, kMaster) == sent);
    }
  }

  TEST_CASE("a body's size follows from its header") {
    CHECK(body_bytes(ApplyCdf{.size = 10}) == 266);
    CHECK(body_bytes(ApplyCdf{.size = 10, .bits = 16}) == 131'082);
    CHECK(body_bytes(ApplyCdf{.size = 10, .bits = 16, .table = TableId{1}}) == 10);
    CHECK(body_bytes(parsed<Ignored>("SORT 7", kMaster)) == 7);
    CHECK(body_bytes(Bye{}) == 0);
    CHECK(name_of(Message(Bye{})) == "BYE");
  }
}
