#include "protocol_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>

#include "ece465/wire/checksum.hpp"
#include "ece465/wire/histogram_codec.hpp"
#include "wire_decode.hpp"

// Tests the code with every example of PROTOCOL.md: encoded, decoded, truncated at every offset.

using namespace ece465;
using namespace ece465::wire;
using namespace std::chrono_literals;

namespace {

struct Example {
  Message message;
  std::string body;
};

std::vector<std::uint64_t> example_counts() {
  std::vector<std::uint64_t> counts(256);
  counts[0] = 2;
  counts[1] = counts[255] = 1;
  return counts;
}

std::vector<std::uint64_t> example_counts_16() {
  std::vector<std::uint64_t> counts(65'536);
  counts[0] = counts[256] = 1;
  return counts;
}

std::string pack(const std::vector<std::uint64_t>& counts) {
  std::string out;
  append_packed_counts(out, counts);
  return out;
}

const std::string kSamples("\x00\x01\x00\xff", 4);
const std::string kSamples16("\x00\x00\x00\x01", 4);
const std::string kMapped("\x00\x80\x00\xff", 4);
const std::string kTableBytes = std::string(1, '\0') + std::string(254, '\x80') + '\xff';

std::optional<std::uint64_t> sum(const std::string& body) { return checksum(as_bytes(body)); }

Register registration() {
  return {"node-7-4242", {2, 4, 4'194'304, 16'777'216, 67'108'864, true, {"bytes", "wordcount"}}};
}

/// The message of each example of the text, by dialect, sender and name.
std::map<std::string, Example> expected() {
  std::map<std::string, Example> all;
  // Older dialects.
  for (const std::string dialect : {"documented", "course"}) {
    const RequestId id{TaskId{}, dialect == "course" ? "job_1" : ""};
    all[dialect + " worker register"] = {Register{"node-7"}, ""};
    all[dialect + " master registered"] = {Registered{}, ""};
    all[dialect + " master calc-hist"] = {CalcHist{.id = id, .size = 4}, kSamples};
    all[dialect + " worker hist-result"] = {HistResult{.id = id, .counts = example_counts()}, ""};
    all[dialect + " master apply-cdf"] = {ApplyCdf{.id = id, .size = 4}, kTableBytes + kSamples};
    all[dialect + " worker cdf-result"] = {CdfResult{.id = id, .size = 4}, kMapped};
  }
  all["course worker log"] = {Log{"node-7", "Connected to master at 10.0.0.1:6000"}, ""};
  all["course master calc-hist-empty"] = {CalcHist{.id = {TaskId{}, "job_1"}}, ""};

  // ECE465/2.
  const auto task = [](std::uint64_t number) { return RequestId{TaskId{number}, ""}; };
  all["v2 worker register"] = {registration(), ""};
  all["v2 worker register-plain"] = {Register{"node-7-4242", {2, 1, 1'048'576, 0, 1'048'576, false, {}}}, ""};
  all["v2 master registered"] = {Registered{{2, true, 5000ms, 1'073'741'824}}, ""};
  all["v2 master registered-no-checksum"] = {Registered{{2, false, 5000ms, 1'073'741'824}}, ""};
  all["v2 master calc-hist"] = {CalcHist{.id = task(7), .size = 4, .keep = true, .checksum = sum(kSamples)}, kSamples};
  all["v2 master calc-hist-16"] = {CalcHist{.id = task(8), .size = 4, .bits = 16}, kSamples16};
  const std::string counts = pack(example_counts());
  const std::string counts_16 = pack(example_counts_16());
  all["v2 worker hist-result"] = {
      HistResult{.id = task(7), .size = counts.size(), .took = 215us, .checksum = sum(counts)}, counts};
  all["v2 worker hist-result-16"] = {
      HistResult{.id = task(8), .size = counts_16.size(), .bits = 16, .checksum = sum(counts_16)}, counts_16};
  all["v2 master apply-cdf"] = {ApplyCdf{.id = task(9), .size = 4, .checksum = sum(kTableBytes + kSamples)},
                                kTableBytes + kSamples};
  all["v2 master apply-cdf-from"] = {ApplyCdf{.id = task(10), .from = TaskId{7}, .checksum = sum(kTableBytes)},
                                     kTableBytes};
  all["v2 master table"] = {Table{TableId{1}, 256, sum(kTableBytes)}, kTableBytes};
  all["v2 master apply-cdf-from-table"] = {ApplyCdf{.id = task(11), .from = TaskId{7}, .table = TableId{1}}, ""};
  all["v2 master apply-cdf-16"] = {
      ApplyCdf{.id = task(12), .size = 4, .bits = 16, .table = TableId{2}, .checksum = sum(kSamples16)}, kSamples16};
  all["v2 worker cdf-result"] = {CdfResult{.id = task(9), .size = 4, .took = 120us, .checksum = sum(kMapped)}, kMapped};
  all["v2 master drop-task"] = {Drop{TaskId{7}, {}}, ""};
  all["v2 master drop-table"] = {Drop{{}, TableId{1}}, ""};
  const std::string text = "to be or not to be\n";
  all["v2 master map"] = {Map{TaskId{13}, "wordcount", text.size(), sum(text)}, text};
  const std::string words = "2 be\n1 not\n1 or\n2 to\n";
  all["v2 worker map-result"] = {MapResult{TaskId{13}, words.size(), 42us, sum(words)}, words};
  const std::string log = "10.0.0.1 1024\n10.0.0.2 error\n10.0.0.4 4000\n", total = "5024 3 1\n";
  all["v2 master map-bytes"] = {Map{TaskId{14}, "bytes", log.size(), sum(log)}, log};
  all["v2 worker map-result-bytes"] = {MapResult{TaskId{14}, total.size(), 3us, sum(total)}, total};
  all["v2 master map-poetry"] = {Map{TaskId{15}, "poetry", 4, sum("abcd")}, "abcd"};
  all["v2 worker error-kind"] = {ErrorReport{ErrorCode::unsupported, TaskId{15}, "unknown kind of MAP: poetry"}, ""};
  all["v2 worker ping"] = {Ping{1}, ""};
  all["v2 master pong"] = {Pong{1}, ""};
  all["v2 worker log"] = {Log{"node-7-4242", "strip 12 mapped"}, ""};
  all["v2 worker error-task"] = {ErrorReport{ErrorCode::no_chunk, TaskId{10}, "no samples of task 7"}, ""};
  all["v2 master error"] = {
      ErrorReport{ErrorCode::refused, {}, "worker id 'a b' must consist of letters, digits, '-', '.' and '_'"}, ""};
  all["v2 worker bye"] = {Bye{}, ""};
  return all;
}

Dialect dialect_of(const std::string& word) {
  return word == "v2" ? Dialect::v2 : word == "course" ? Dialect::course : Dialect::documented;
}

/// One example of the text, with its meaning and how its receiver sees its sender.
struct Case {
  std::string name, bytes;
  Example example;
  Dialect dialect;
  Peer peer;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  const auto meanings = expected();
  for (const auto& block : protocol_text::blocks("wire")) {
    REQUIRE(block.info.size() == 4);
    const std::string name = block.info[1] + " " + block.info[2] + " " + block.info[3];
    INFO(name);
    REQUIRE(meanings.contains(name));
    const Peer peer{block.info[2] == "worker" ? Sender::worker : Sender::master, block.info[1] == "v2", {}};
    all.push_back({name, bytes_of(block), meanings.at(name), dialect_of(block.info[1]), peer});
  }
  return all;
}

}  // namespace

TEST_SUITE("PROTOCOL.md") {
  TEST_CASE("every example is tested, and every message has one") {
    const auto all = cases();
    CHECK(all.size() == expected().size());
    // Every kind of message except Ignored, which is never sent.
    std::array<bool, std::variant_size_v<Message>> seen{};
    for (const Case& c : all) seen[c.example.message.index()] = true;
    CHECK(std::count(seen.begin(), seen.end(), false) == 1);
    CHECK_FALSE(seen[Message(Ignored{}).index()]);
  }

  TEST_CASE("every message is encoded to exactly the example's bytes") {
    for (const Case& c : cases()) {
      INFO(c.name);
      CHECK(to_line(c.example.message, c.dialect) + c.example.body == c.bytes);
      CHECK(body_bytes(c.example.message) == c.example.body.size());
    }
  }

  TEST_CASE("every example is decoded to its message, and not before its last byte") {
    for (const Case& c : cases()) {
      INFO(c.name);
      for (std::size_t cut = 0; cut < c.bytes.size(); ++cut) {
        const auto partial = decode(as_bytes(c.bytes).first(cut), c.peer);
        REQUIRE(std::holds_alternative<NeedMore>(partial));
        CHECK(std::get<NeedMore>(partial).missing <= c.bytes.size() - cut);
      }
      const std::string with_more = c.bytes + "NEXT";
      const auto whole = decode(as_bytes(with_more), c.peer);
      REQUIRE(std::holds_alternative<Decoded>(whole));
      const auto& decoded = std::get<Decoded>(whole);
      CHECK(decoded.header.message == c.example.message);
      CHECK(as_text(decoded.body) == c.example.body);
      CHECK(decoded.consumed == c.bytes.size());
      const bool same_in_both = std::holds_alternative<Register>(c.example.message) && c.dialect == Dialect::course;
      CHECK(decoded.header.dialect == (same_in_both ? Dialect::documented : c.dialect));
    }
  }

  TEST_CASE("checksums in the examples match their bodies") {
    for (const Case& c : cases()) {
      INFO(c.name);
      const bool has_one = body_checksum(c.example.message).has_value();
      CHECK(check_body(c.example.message, checksum(as_bytes(c.example.body)), has_one).has_value());
      CHECK(check_body(c.example.message, checksum(as_bytes(c.example.body)) ^ 1, false).has_value() != has_one);
      if (!c.example.body.empty()) CHECK(check_body(c.example.message, 0, true).has_value() == false);
    }
  }

  TEST_CASE("other blanks between fields and a carriage return do not change the meaning") {
    for (const Case& c : cases()) {
      INFO(c.name);
      std::string line = c.bytes.substr(0, c.bytes.find('\n'));
      if (std::holds_alternative<Log>(c.example.message) || std::holds_alternative<ErrorReport>(c.example.message)) {
        continue;  // blanks inside free text are text
      }
      const auto plain = parse_header(line, c.peer);
      for (std::size_t at = line.size(); at-- > 0;) {
        if (line[at] == ' ') line.replace(at, 1, " \t  ");
      }
      const auto wide = parse_header("  " + line + " \r", c.peer);
      REQUIRE(plain.has_value());
      REQUIRE(wide.has_value());
      CHECK(*plain == *wide);
    }
  }

  TEST_CASE("a master refuses a master's messages, and a worker a worker's") {
    for (const Case& c : cases()) {
      INFO(c.name);
      const auto& m = c.example.message;
      const bool both = std::holds_alternative<Ping>(m) || std::holds_alternative<Pong>(m) ||
                        std::holds_alternative<ErrorReport>(m) || std::holds_alternative<Bye>(m);
      Peer other = c.peer;
      other.sender = other.sender == Sender::worker ? Sender::master : Sender::worker;
      CHECK(std::holds_alternative<Error>(decode(as_bytes(c.bytes), other)) == !both);
    }
  }

  TEST_CASE("histograms in the examples read as their counts") {
    for (const Case& c : cases()) {
      const auto* result = std::get_if<HistResult>(&c.example.message);
      if (result == nullptr) continue;
      INFO(c.name);
      const auto counts = result->bits == 16 ? example_counts_16() : example_counts();
      std::vector<std::uint64_t> read(counts.size());
      CHECK(read_counts(*result, as_bytes(c.example.body), read).has_value());
      CHECK(read == counts);
      std::string whole;
      append_hist_result(whole, *result, counts, c.dialect, result->checksum.has_value());
      CHECK(whole == c.bytes);
    }
  }
}
