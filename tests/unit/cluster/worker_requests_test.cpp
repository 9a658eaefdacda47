#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "ece465/text/tally.hpp"
#include "samples_text.hpp"
#include "scripted_master.hpp"

using namespace ece465;
using namespace ece465::testing;
using namespace std::chrono_literals;
using net::Task;

namespace {

const std::string kTerms = "heartbeat=60000 payload=1073741824";
const std::string kChecked = kTerms + " checksum=xxh3";

/// The counts that a HIST_RESULT brings.
Task<std::vector<std::uint64_t>> counts(ScriptedMaster& master, std::string line, unsigned bits = 8) {
  const std::string body = co_await master.bytes(size_of_answer(line));
  std::vector<std::uint64_t> all(std::size_t{1} << bits);
  CHECK(wire::parse_packed_counts(as_bytes(body), all));
  co_return all;
}

std::string little_endian(const std::vector<std::uint16_t>& numbers) {
  std::string text;
  for (const unsigned n : numbers) {
    text += static_cast<char>(n & 255U);
    text += static_cast<char>(n >> 8U);
  }
  return text;
}

}  // namespace

TEST_SUITE("worker with ECE465/2") {
  TEST_CASE("counts and maps exactly as PROTOCOL.md shows") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2(kChecked);
      const std::string samples("\x00\x01\x00\xff", 4);
      const std::string table = "\0" + std::string(254, '\x80') + "\xff";
      co_await master.say("CALC_HIST 4 task=7 keep=1 xxh3=4e6f9a5567d455ac\n" + samples);
      CHECK(without_time(co_await master.line()) == "HIST_RESULT 6 task=7 xxh3=37249da8da72f4c6");
      CHECK(co_await master.bytes(6) == std::string("\x02\x01\x00\xfc\x01\x01", 6));
      co_await master.say("CALC_HIST 0 task=8\n");
      CHECK(without_time(co_await master.line()).starts_with("HIST_RESULT 3 task=8 xxh3="));
      CHECK(co_await master.bytes(3) == std::string("\x00\xff\x01", 3));
    });
  }

  TEST_CASE("16-bit samples, histograms and tables are little-endian") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2(kChecked);
      const std::string samples("\x00\x00\x00\x01", 4);  // 0 and 256
      co_await master.say("CALC_HIST 4 task=8 bits=16 keep=1 " + xxh3(samples) + "\n" + samples);
      CHECK(without_time(co_await master.line()) == "HIST_RESULT 9 task=8 bits=16 xxh3=4d8c896b56629048");
      CHECK(co_await master.bytes(9) == std::string("\x01\x00\xfe\x01\x01\x00\xfe\xfd\x03", 9));

      std::vector<std::uint16_t> levels(65'536);
      for (std::size_t i = 0; i < levels.size(); ++i) levels[i] = static_cast<std::uint16_t>(i + 0x1234);
      const std::string table = little_endian(levels);
      co_await master.say("APPLY_CDF 0 task=9 bits=16 from=8 " + xxh3(table) + "\n" + table);
      CHECK(without_time(co_await master.line()).starts_with("CDF_RESULT 4 task=9 xxh3="));
      CHECK(co_await master.bytes(4) == std::string("\x34\x12\x34\x13", 4));
      co_await master.say("APPLY_CDF 2 task=10 bits=16 " + xxh3(table + "\xff\xff") + "\n" + table + "\xff\xff");
      CHECK(without_time(co_await master.line()).starts_with("CDF_RESULT 2 task=10 xxh3="));
      CHECK(co_await master.bytes(2) == "\x33\x12");
    });
  }

  TEST_CASE("fifty requests in flight get the right answers") {
    auto options = worker_options();
    options.threads = 3;
    play(
        [](Stage& stage) -> Task<void> {
          ScriptedMaster master = co_await stage.next_v2();
          constexpr unsigned kTasks = 50;
          constexpr std::size_t kBytes = 70'000;  // 3.5 MB: within the credit
          std::string all;
          for (unsigned i = 0; i < kTasks; ++i) {
            const std::string samples = samples_text(kBytes, i);
            all += i % 2 == 0 ? fmt::format("CALC_HIST {} task={}\n", kBytes, i) + samples
                              : fmt::format("APPLY_CDF {} task={}\n", kBytes, i) + table_text(i) + samples;
          }
          co_await master.say(std::move(all));
          std::map<unsigned, std::string> answers;
          for (unsigned i = 0; i < kTasks; ++i) {
            const std::string line = co_await master.answer();
            const auto header = wire::parse_header(line, {wire::Sender::worker, true, {}});
            REQUIRE(header);
            const std::string body = co_await master.bytes(size_of_answer(line));
            if (const auto* histogram = std::get_if<wire::HistResult>(&header->message)) {
              answers[static_cast<unsigned>(histogram->id.task)] = body;
            } else if (const auto* mapped = std::get_if<wire::CdfResult>(&header->message)) {
              answers[static_cast<unsigned>(mapped->id.task)] = body;
            }
          }
          for (unsigned i = 0; i < kTasks; ++i) {
            std::string expected;
            const std::string samples = samples_text(kBytes, i);
            if (i % 2 == 0) {
              wire::append_packed_counts(expected, counts_of(samples));
            } else {
              expected = mapped_text(samples, table_text(i));
            }
            CAPTURE(i);
            CHECK((answers[i] == expected));
          }
        },
        options);
  }

  TEST_CASE("cached samples can be mapped once, tables can be used by id") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2(kChecked);
      const std::string samples = samples_text(1000, 1), table = table_text(3), other = table_text(4);
      for (const int task : {1, 2, 3}) {
        co_await master.say(fmt::format("CALC_HIST 1000 task={} keep=1 {}\n", task, xxh3(samples)) + samples);
        const std::string line = co_await master.answer();
        CHECK(co_await counts(master, line) == counts_of(samples));
      }
      co_await master.say("TABLE 256 table=5 " + xxh3(table) + "\n" + table + "APPLY_CDF 0 task=11 from=1 table=5\n");
      CHECK(without_time(co_await master.answer()).starts_with("CDF_RESULT 1000 task=11 xxh3="));
      CHECK(co_await master.bytes(1000) == mapped_text(samples, table));
      co_await master.say("APPLY_CDF 0 task=12 from=2 " + xxh3(other) + "\n" + other);
      CHECK(without_time(co_await master.answer()).starts_with("CDF_RESULT 1000 task=12 xxh3="));
      CHECK(co_await master.bytes(1000) == mapped_text(samples, other));
      // Mapping has used up the first request's samples.
      co_await master.say("APPLY_CDF 0 task=13 from=1 table=5\n");
      CHECK(co_await master.answer() == "ERROR code=no_chunk task=13 text=no samples of task 1");
      // An unknown table does not cost the samples,
      co_await master.say("APPLY_CDF 0 task=14 from=3 table=6\n");
      CHECK(co_await master.answer() == "ERROR code=no_table task=14 text=no table 6");
      co_await master.say("DROP table=5\nAPPLY_CDF 0 task=15 from=3 table=5\n");
      CHECK(co_await master.answer() == "ERROR code=no_table task=15 text=no table 5");
      // nor does a damaged one,
      co_await master.say("APPLY_CDF 0 task=16 from=3 " + xxh3("something else") + "\n" + table);
      CHECK((co_await master.answer()).starts_with("ERROR code=checksum task=16 "));
      // nor one for another depth.
      co_await master.say("APPLY_CDF 0 task=17 from=3 bits=16 " + xxh3(std::string(131'072, 'x')) + "\n" +
                          std::string(131'072, 'x'));
      CHECK((co_await master.answer()).starts_with("ERROR code=bad_request task=17 "));
      co_await master.say("APPLY_CDF 0 task=18 from=3 " + xxh3(table) + "\n" + table);
      CHECK(without_time(co_await master.answer()).starts_with("CDF_RESULT 1000 task=18 xxh3="));
      CHECK(co_await master.bytes(1000) == mapped_text(samples, table));
    });
  }

  TEST_CASE("one request may name samples that are still being counted") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2();
      const std::string samples = samples_text(1000, 1), table = table_text(3);
      Busy busy(stage);
      co_await master.say("CALC_HIST 1000 task=1 keep=1\n" + samples + "APPLY_CDF 0 task=2 from=1\n" + table +
                          "APPLY_CDF 0 task=3 from=1\n" + table);
      CHECK(co_await master.line() == "ERROR code=no_chunk task=3 text=no samples of task 1");
      busy.end();
      CHECK(without_time(co_await master.line()).starts_with("HIST_RESULT "));
      const std::size_t packed = [&samples] {
        std::string text;
        wire::append_packed_counts(text, counts_of(samples));
        return text.size();
      }();
      CHECK((co_await master.bytes(packed)).size() == packed);
      CHECK(without_time(co_await master.line()) == "CDF_RESULT 1000 task=2");
      CHECK(co_await master.bytes(1000) == mapped_text(samples, table));
    });
  }

  TEST_CASE("when the cache is full, samples are counted but not kept") {
    auto options = worker_options();
    options.memory_bytes = 1500;
    play(
        [](Stage& stage) -> Task<void> {
          ScriptedMaster master = co_await stage.next_v2();
          const std::string samples = samples_text(1000, 1), table = table_text(3);
          for (const int task : {1, 2}) {
            co_await master.say(fmt::format("CALC_HIST 1000 task={} keep=1\n", task) + samples);
            const std::string line = co_await master.answer();
            CHECK(co_await counts(master, line) == counts_of(samples));
          }
          co_await master.say("APPLY_CDF 0 task=3 from=2\n" + table);
          CHECK((co_await master.answer()).starts_with("ERROR code=no_chunk task=3 "));
          co_await master.say("APPLY_CDF 0 task=4 from=1\n" + table);
          CHECK(without_time(co_await master.answer()) == "CDF_RESULT 1000 task=4");
          CHECK(co_await master.bytes(1000) == mapped_text(samples, table));
          // There is room again.
          const std::string more = samples_text(1500, 2);
          for (const int task : {5, 6}) {
            co_await master.say(fmt::format("CALC_HIST 1500 task={} keep=1\n", task) + more);
            const std::string line = co_await master.answer();
            CHECK(co_await counts(master, line) == counts_of(more));
            if (task == 5) co_await master.say("DROP task=5\n");
          }
          co_await master.say("APPLY_CDF 0 task=7 from=6\n" + table);
          CHECK(without_time(co_await master.answer()) == "CDF_RESULT 1500 task=7");
          CHECK((co_await master.bytes(1500)).size() == 1500);
        },
        options);
  }

  TEST_CASE("DROP cancels a request that has not been started") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2();
      const std::string samples = samples_text(1000, 1), table = table_text(3);
      {
        Busy busy(stage);
        co_await master.say("CALC_HIST 1000 task=1 keep=1\n" + samples + "CALC_HIST 1000 task=2 keep=1\n" + samples +
                            "APPLY_CDF 0 task=3 from=2\n" + table + "DROP task=1\nDROP task=3\nDROP task=99\nDROP\n");
        CHECK(co_await master.line() == "ERROR code=dropped task=1 text=dropped before it was started");
        CHECK(co_await master.line() == "ERROR code=dropped task=3 text=dropped before it was started");
      }
      CHECK((co_await master.line()).starts_with("HIST_RESULT "));
      std::string packed;
      wire::append_packed_counts(packed, counts_of(samples));
      CHECK(co_await master.bytes(packed.size()) == packed);
      // The samples that a dropped request named are still cached; those that it brought are not.
      co_await master.say("APPLY_CDF 0 task=4 from=1\n" + table + "APPLY_CDF 0 task=5 from=2\n" + table);
      CHECK((co_await master.line()).starts_with("ERROR code=no_chunk task=4 "));
      CHECK(without_time(co_await master.line()) == "CDF_RESULT 1000 task=5");
      CHECK(co_await master.bytes(1000) == mapped_text(samples, table));
    });
  }

  TEST_CASE("a damaged body fails its request, and the connection continues") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2(kChecked);
      co_await master.say("CALC_HIST 3 task=1 keep=1 " + xxh3("abc") + "\nabd" + "CALC_HIST 3 task=2\nabc");
      CHECK((co_await master.answer()).starts_with("ERROR code=checksum task=1 "));
      CHECK((co_await master.answer()).starts_with("ERROR code=checksum task=2 "));  // must have one
      co_await master.say("APPLY_CDF 0 task=3 from=1 " + xxh3(table_text(0)) + "\n" + table_text(0));
      CHECK((co_await master.answer()).starts_with("ERROR code=no_chunk task=3 "));
      // A damaged table is not cached.
      co_await master.say("TABLE 256 table=1 " + xxh3("x") + "\n" + table_text(0) + "APPLY_CDF 1 task=4 table=1 " +
                          xxh3("a") + "\na");
      CHECK((co_await master.answer()).starts_with("ERROR code=no_table task=4 "));
      co_await master.say("APPLY_CDF 3 task=5 " + xxh3(table_text(0) + "abc") + "\n" + table_text(0) + "abd");
      CHECK((co_await master.answer()).starts_with("ERROR code=checksum task=5 "));
      co_await master.say("CALC_HIST 3 task=6 " + xxh3("abc") + "\nabc");
      CHECK((co_await master.answer()).starts_with("HIST_RESULT "));
    });
  }

  TEST_CASE("requests beyond the credit are refused, but a single one may be larger") {
    auto options = worker_options();
    options.credit_bytes = 1000;
    options.payload_bytes = 5000;
    play(
        [](Stage& stage) -> Task<void> {
          ScriptedMaster master = co_await stage.next_v2();
          {
            Busy busy(stage);
            co_await master.say("CALC_HIST 600 task=1\n" + std::string(600, 'a') + "CALC_HIST 401 task=2\n" +
                                std::string(401, 'b') + "CALC_HIST 400 task=3\n" + std::string(400, 'c'));
            CHECK((co_await master.line()).starts_with("ERROR code=too_large task=2 "));
          }
          for (int i = 0; i < 2; ++i) {
            const std::string line = co_await master.line();
            CHECK(line.starts_with("HIST_RESULT "));
            co_await counts(master, line);
          }
          co_await master.say("CALC_HIST 5000 task=4\n" + std::string(5000, 'd'));
          const std::string line = co_await master.line();
          CHECK((co_await counts(master, line))['d'] == 5000);
          co_await master.say("CALC_HIST 5001 task=5\n" + std::string(5001, 'e'));
          CHECK((co_await master.line()).starts_with("ERROR code=too_large text="));  // no task: the connection ends
          CHECK(co_await master.line() == "(end)");
          master.hang_up();
          (void)co_await stage.next_v2();
        },
        options);
  }

  TEST_CASE("unsupported kinds are refused and unknown messages skipped") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2();
      co_await master.say(
          "MAP 5 task=1 kind=poetry\nto be"
          "SPLIT 4 task=2 way=up\nabcd"
          "NEWS\n\n"
          "HINT 3\nabc"
          "LATER 0 task=3\nPING n=7\n");
      int unsupported = 0, pongs = 0;
      for (int i = 0; i < 4; ++i) {
        const std::string line = co_await master.line();
        unsupported += line.starts_with("ERROR code=unsupported task=") ? 1 : 0;
        pongs += line == "PONG n=7" ? 1 : 0;  // ahead of the queue
      }
      CHECK(unsupported == 3);
      CHECK(pongs == 1);
    });
  }

  TEST_CASE("maps pieces of text exactly as PROTOCOL.md shows") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2(kChecked);
      co_await master.say("MAP 19 task=13 kind=wordcount xxh3=8514a642bb995ed9\nto be or not to be\n");
      CHECK(without_time(co_await master.answer()) == "MAP_RESULT 21 task=13 xxh3=f6679a51e3fe9831");
      CHECK(co_await master.bytes(21) == "2 be\n1 not\n1 or\n2 to\n");
      co_await master.say(
          "MAP 43 task=14 kind=bytes xxh3=60d3d75f12756b2e\n10.0.0.1 1024\n10.0.0.2 error\n10.0.0.4 4000\n");
      CHECK(without_time(co_await master.answer()) == "MAP_RESULT 9 task=14 xxh3=fdc1226b00c3d563");
      CHECK(co_await master.bytes(9) == "5024 3 1\n");
      co_await master.say("MAP 4 task=15 kind=poetry xxh3=6497a96f53a89890\nabcd");
      CHECK(co_await master.answer() == "ERROR code=unsupported task=15 text=unknown kind of MAP: poetry");
      co_await master.say("MAP 0 task=16 kind=wordcount\n");
      CHECK(without_time(co_await master.answer()) == "MAP_RESULT 0 task=16");
      co_await master.say("MAP 4 task=17 kind=bytes xxh3=6497a96f53a89891\nabcd");
      CHECK((co_await master.answer()).starts_with("ERROR code=checksum task=17"));
    });
  }

  TEST_CASE("an overflowing total fails, and too long a piece is refused") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2();
      const std::string log = "a 18446744073709551615\nb 1\n";
      co_await master.say(fmt::format("MAP {} task=1 kind=bytes\n{}", log.size(), log));
      CHECK(co_await master.answer() == "ERROR code=failed task=1 text=the total exceeds 64 bits");
      const std::string longest(text::kMaxPieceBytes + 1, 'x');
      co_await master.say(fmt::format("MAP {} task=2 kind=wordcount\n{}", longest.size(), longest));
      CHECK((co_await master.answer()).starts_with("ERROR code=too_large task=2"));
      co_await master.say(fmt::format("MAP {} task=3 kind=wordcount\n{}", longest.size() - 1, longest.substr(1)));
      CHECK((co_await master.answer()).starts_with(fmt::format("MAP_RESULT {} task=3", longest.size() + 2)));
      CHECK((co_await master.bytes(longest.size() + 2)).starts_with("1 xxx"));
    });
  }

  TEST_CASE("DROP cancels a piece of text that has not been started") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2();
      Busy busy(stage);
      co_await master.say("MAP 4 task=1 kind=wordcount\nabcdDROP task=1\n");
      CHECK((co_await master.answer()).starts_with("ERROR code=dropped task=1"));
      busy.end();
      co_await master.say("MAP 4 task=2 kind=wordcount\nabcd");
      CHECK((co_await master.answer()).starts_with("MAP_RESULT 7 task=2"));
      CHECK(co_await master.bytes(7) == "1 abcd\n");
    });
  }

  TEST_CASE("reusing a task id is a bad request") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2();
      {
        Busy busy(stage);
        co_await master.say("CALC_HIST 1 task=1 keep=1\naCALC_HIST 1 task=1\nb");
        CHECK(co_await master.line() == "ERROR code=bad_request task=1 text=task id is in use");
      }
      const std::string line = co_await master.line();
      CHECK((co_await counts(master, line))['a'] == 1);
      co_await master.say("CALC_HIST 1 task=1\nc");  // its samples are cached under this id
      CHECK(co_await master.line() == "ERROR code=bad_request task=1 text=task id is in use");
      co_await master.say("DROP task=1\nCALC_HIST 1 task=1\nc");
      const std::string after = co_await master.line();
      CHECK((co_await counts(master, after))['c'] == 1);
    });
  }

  TEST_CASE("PING is answered during a computation, ahead of the queue") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2();
      Busy busy(stage);
      co_await master.say("CALC_HIST 3 task=1\nabcPING n=41\nPING n=42\n");
      CHECK(co_await master.line() == "PONG n=41");
      CHECK(co_await master.line() == "PONG n=42");
      busy.end();
      CHECK((co_await master.line()).starts_with("HIST_RESULT "));
    });
  }

  TEST_CASE("both sides may write at once without limit") {
    auto options = worker_options();
    options.memory_bytes = std::uint64_t{64} << 20;
    play(
        [](Stage& stage) -> Task<void> {
          ScriptedMaster master = co_await stage.next_v2();
          const std::string samples = samples_text(std::size_t{1} << 20, 1), table = table_text(9);
          for (int i = 0; i < 40; ++i) {
            co_await master.say(fmt::format("CALC_HIST {} task={} keep=1\n", samples.size(), i) + samples);
            const std::string line = co_await master.answer();
            co_await counts(master, line);
          }
          // 10 KB of requests cause 40 MiB of answers, and the master reads none before it has sent another 40 MiB.
          std::string asking = "TABLE 256 table=1\n" + table;
          for (int i = 0; i < 40; ++i) asking += fmt::format("APPLY_CDF 0 task={} from={} table=1\n", 100 + i, i);
          asking += fmt::format("FILLER {}\n", std::size_t{40} << 20) + std::string(std::size_t{40} << 20, 'x');
          co_await master.say(std::move(asking));
          const std::string mapped = mapped_text(samples, table);
          for (int i = 0; i < 40; ++i) {
            CHECK(
                without_time(co_await master.answer()).starts_with(fmt::format("CDF_RESULT {} task=", samples.size())));
            const std::string result = co_await master.bytes(samples.size());
            CHECK((result == mapped));
          }
        },
        options);
  }
}
