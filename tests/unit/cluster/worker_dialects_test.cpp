#include <doctest/doctest.h>

#include "samples_text.hpp"
#include "scripted_master.hpp"

using namespace ece465;
using namespace ece465::testing;
using namespace std::chrono_literals;
using net::Task;

TEST_SUITE("worker") {
  TEST_CASE("speaks the documented dialect exactly") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next();
      CHECK(co_await master.line() ==
            "REGISTER w ECE465/2 threads=1 credit=4194304 memory=8388608 payload=67108864 checksum=xxh3 "
            "maps=bytes,wordcount");
      co_await master.say("REGISTERED\n");
      co_await master.say(std::string("CALC_HIST 4\n\x00\x01\x00\xff", 16));
      CHECK(co_await master.line() == "HIST_RESULT " + json_counts(std::string("\0\1\0\xff", 4)));
      co_await master.say("CALC_HIST 0\n");
      CHECK(co_await master.line() == "HIST_RESULT " + json_counts(""));
      co_await master.say("APPLY_CDF 4\n" + table_text(0) + std::string("\x00\x01\x00\xff", 4));
      CHECK(co_await master.line() == "CDF_RESULT 4");
      CHECK(co_await master.bytes(4) == std::string("\xff\xfe\xff\x00", 4));
      co_await master.say("APPLY_CDF 0\n" + table_text(0));
      CHECK(co_await master.line() == "CDF_RESULT 0");
      stage.worker().stop();
      CHECK(co_await master.line() == "(end)");
    });
  }

  TEST_CASE("course dialect: logs its connection and work, echoes job names") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next();
      CHECK((co_await master.line()).starts_with("REGISTER w "));
      co_await master.say("ACK_REGISTER\n");
      CHECK(co_await master.line() == "LOG w Connected to master at " + stage.address().to_string());
      co_await master.say(std::string("CALC_HIST job_1 4\n\x00\x01\x00\xff", 22));
      CHECK(co_await master.line() == "LOG w Computed histogram of 4 bytes");
      CHECK(co_await master.line() == "HIST_RESULT job_1");
      CHECK(co_await master.line() == json_counts(std::string("\0\1\0\xff", 4)));
      co_await master.say("\r\n \nSTATUS please\nAPPLY_CDF job_1 4\r\n" + table_text(0) +
                          std::string("\x00\x01\x00\xff", 4));
      CHECK(co_await master.line() == "LOG w Mapped 4 bytes");
      CHECK(co_await master.line() == "MAPPED_RESULT job_1 4");
      CHECK(co_await master.bytes(4) == std::string("\xff\xfe\xff\x00", 4));
      co_await master.say("CALC_HIST job_2 0\n");
      CHECK(co_await master.answer() == "HIST_RESULT job_2");
      CHECK(co_await master.line() == json_counts(""));
      stage.worker().stop();
      CHECK(co_await master.line() == "(end)");
    });
  }

  TEST_CASE("a request before the answer to REGISTER sets the dialect") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next();
      CHECK((co_await master.line()).starts_with("REGISTER w "));
      co_await master.say("CALC_HIST job_1 2\nab");
      CHECK(co_await master.answer() == "HIST_RESULT job_1");
      CHECK(co_await master.line() == json_counts("ab"));
      co_await master.say("CALC_HIST 1\nb");
      CHECK(co_await master.answer() == "HIST_RESULT " + json_counts("b"));
    });
  }

  TEST_CASE("a master that rejects the long REGISTER gets the short one") {
    play([](Stage& stage) -> Task<void> {
      for (int i = 0; i < 2; ++i) {
        ScriptedMaster master = co_await stage.next();
        CHECK((co_await master.line()).starts_with("REGISTER w ECE465/2 "));
      }
      {
        ScriptedMaster master = co_await stage.next();
        CHECK(co_await master.line() == "REGISTER w");
        co_await master.say("REGISTERED\nCALC_HIST 0\n");
        CHECK(co_await master.line() == "HIST_RESULT " + json_counts(""));
      }
      ScriptedMaster master = co_await stage.next();
      CHECK((co_await master.line()).starts_with("REGISTER w ECE465/2 "));
      master.hang_up();
      ScriptedMaster again = co_await stage.next();
      CHECK(co_await again.line() == "REGISTER w");
    });
  }

  TEST_CASE("reconnects if REGISTER is not answered in time") {
    auto options = worker_options();
    options.registration_limit = 20ms;
    play(
        [](Stage& stage) -> Task<void> {
          ScriptedMaster silent = co_await stage.next();
          CHECK((co_await silent.line()).starts_with("REGISTER w "));
          CHECK(co_await silent.line() == "(end)");
          ScriptedMaster refusing = co_await stage.next();
          CHECK((co_await refusing.line()).starts_with("REGISTER w "));
          co_await refusing.say("ERROR code=refused text=the cluster is full\n");
          CHECK(co_await refusing.line() == "(end)");
          ScriptedMaster master = co_await stage.next();
          CHECK(co_await master.line() == "REGISTER w");
          // Only the first of several failures is a warning.
          CHECK(stage.log.find("warn the master did not register this worker") != std::string::npos);
          CHECK(stage.log.find("debug the master did not register this worker") != std::string::npos);
        },
        options);
  }

  TEST_CASE("older dialects: the next request may precede the last answer") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next();
      CHECK((co_await master.line()).starts_with("REGISTER w "));
      co_await master.say("REGISTERED\n");
      // Exceeds the sockets' buffers in both directions.
      const std::string samples = samples_text(std::size_t{24} << 20, 1);
      for (int i = 0; i < 2; ++i)
        co_await master.say(fmt::format("APPLY_CDF {}\n", samples.size()) + table_text(7) + samples);
      const std::string mapped = mapped_text(samples, table_text(7));
      for (int i = 0; i < 2; ++i) {
        CHECK(co_await master.line() == fmt::format("CDF_RESULT {}", samples.size()));
        const std::string result = co_await master.bytes(samples.size());
        CHECK((result == mapped));
      }
    });
  }
}
