#include <doctest/doctest.h>

#include "samples_text.hpp"
#include "scripted_master.hpp"

using namespace ece465;
using namespace ece465::testing;
using namespace std::chrono_literals;
using net::Task;

namespace {

/// Sends a text in pieces of `n` bytes, each in a packet of its own if the system agrees.
Task<void> send_in_pieces(ScriptedMaster& master, std::string text, std::size_t n) {
  for (std::size_t at = 0; at < text.size(); at += n) co_await master.say(text.substr(at, n));
}

}  // namespace

TEST_SUITE("worker and failures") {
  TEST_CASE("messages may arrive in pieces of any size") {
    for (const std::size_t n : {1, 2, 7}) {
      Stage stage(worker_options());
      static std::size_t pieces;
      pieces = n;
      stage.play([](Stage& s) -> Task<void> {
        ScriptedMaster master = co_await s.next();
        CHECK((co_await master.line()).starts_with("REGISTER w "));
        co_await send_in_pieces(master,
                                "REGISTERED ECE465/2 heartbeat=60000 payload=1000000 checksum=none\n"
                                "CALC_HIST 3 task=1 keep=1\naab\nAPPLY_CDF 0 task=2 from=1\r\n" +
                                    table_text(0) + "PING n=3\nDROP task=9\nCALC_HIST 1 task=4\nz",
                                pieces);
        std::string packed;
        wire::append_packed_counts(packed, counts_of("aab"));
        bool histogram = false, mapped = false, pong = false, last = false;
        for (int i = 0; i < 4; ++i) {
          const std::string line = co_await master.answer();
          const std::string body = co_await master.bytes(size_of_answer(line));
          if (line.find("task=1") != std::string::npos) histogram = body == packed;
          if (line.find("task=2") != std::string::npos) mapped = body == mapped_text("aab", table_text(0));
          if (line == "PONG n=3") pong = true;
          if (line.starts_with("HIST_RESULT ") && line.find("task=4") != std::string::npos) last = true;
        }
        CHECK(histogram);
        CHECK(mapped);
        CHECK(pong);
        CHECK(last);
      });
    }
  }

  TEST_CASE("reconnects wherever the master disconnects") {
    // Sent before the disconnect: parts of every kind of message, and requests whose answers it does not wait for.
    const std::string terms = "REGISTERED ECE465/2 heartbeat=60000 payload=1000000 checksum=none\n";
    const std::vector<std::string> beginnings{
        "REGIST",
        "REGISTERED\n",
        "ACK_REGISTER\n",
        "REGISTERED\nCALC_HIST 10",
        "REGISTERED\nCALC_HIST 10\nabc",
        "REGISTERED\nCALC_HIST 3\nabc",
        "ACK_REGISTER\nAPPLY_CDF job_1 1000000\nabc",
        "ACK_REGISTER\nCALC_HIST job_1 3\nabcCALC_HIST job_2 3\nabc",
        terms,
        terms + "CALC_HIST 1000 task=1",
        terms + "CALC_HIST 1000 task=1\nabc",
        terms + "CALC_HIST 3 task=1 keep=1\nabc",
        terms + "CALC_HIST 3 task=1 keep=1\nabcAPPLY_CDF 0 task=2 from=1\n" + table_text(0),
        terms + "TABLE 256 table=1\nabc",
        terms + "MAP 1000 task=1 kind=bytes\nabc",
        terms + "UNKNOWN 1000\nabc",
        terms + "BYE\n",
        terms + "ERROR code=failed text=no reason\n",
    };
    for (const bool reset : {false, true}) {
      static const std::vector<std::string>* all;
      static bool abruptly;
      all = &beginnings;
      abruptly = reset;
      play([](Stage& stage) -> Task<void> {
        for (const std::string& beginning : *all) {
          CAPTURE(beginning);
          ScriptedMaster master = co_await stage.next();
          CHECK((co_await master.line()).starts_with("REGISTER w"));
          co_await master.say(beginning);
          if (abruptly) {
            master.hang_up();  // unread data makes it a reset
          } else {
            master.end_writing();
            std::string line;
            while (!line.starts_with("(end")) line = co_await master.line();
          }
        }
        (void)co_await stage.next();
      });
    }
  }

  TEST_CASE("an endless line does not exhaust memory, and is reported") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2();
      const std::string piece(std::size_t{1} << 20, 'x');
      std::size_t sent = 0;
      while (sent < 1024 && co_await master.say(piece)) ++sent;
      CHECK(sent < 1024);  // fails before a gigabyte has been sent
      ScriptedMaster again = co_await stage.next_v2();
      co_await again.say(std::string(65'536, 'y'));
      CHECK((co_await again.line()).starts_with("ERROR code=too_large text="));
      CHECK(co_await again.line() == "(end)");
    });
  }

  TEST_CASE("malformed messages end the connection, with an ERROR if the dialect has one") {
    play([](Stage& stage) -> Task<void> {
      for (const std::string garbage : {"CALC_HIST -1 task=1\n", "CALC_HIST 3\n", "CALC_HIST 3 task=1 task=2\n",
                                        "\x01\x02\n", "HIST_RESULT 3 task=1\n", "CALC_HIST 3 task=1 bits=16\n"}) {
        CAPTURE(garbage);
        ScriptedMaster master = co_await stage.next_v2();
        co_await master.say(garbage + "and more of it");
        CHECK((co_await master.answer()).starts_with("ERROR code=bad_request text="));
        CHECK(co_await master.line() == "(end)");
        master.hang_up();
      }
      ScriptedMaster older = co_await stage.next();
      CHECK((co_await older.line()).starts_with("REGISTER w "));
      co_await older.say("REGISTERED\nCALC_HIST 3 4 5\n");
      CHECK(co_await older.line() == "(end)");
    });
  }

  TEST_CASE("a master that is silent for three heartbeats is lost, it gets PING before") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2("heartbeat=30 payload=1000000");
      int pings = 0;
      std::string line = co_await master.line();
      for (; line.starts_with("PING n="); line = co_await master.line()) ++pings;
      CHECK(line == "(end)");
      CHECK(pings >= 1);
      (void)co_await stage.next();
      CHECK(stage.log.find("warn lost the master") != std::string::npos);
      CHECK(stage.log.find("sent nothing for 0.1 s") != std::string::npos);
    });
  }

  TEST_CASE("a slow master is not lost") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2("heartbeat=100 payload=1000000");
      co_await master.say("CALC_HIST 25 task=1\n");
      // A byte now and then for more than three heartbeats.
      for (int i = 0; i < 25; ++i) {
        asio::steady_timer pause(master.stream().executor(), 15ms);
        co_await pause.async_wait(net::kNoThrow);
        co_await master.say("x");
      }
      CHECK((co_await master.answer()).starts_with("HIST_RESULT "));
    });
  }

  TEST_CASE("a master that does not read is lost") {
    auto options = worker_options();
    options.memory_bytes = std::uint64_t{64} << 20;
    play(
        [](Stage& stage) -> Task<void> {
          ScriptedMaster master = co_await stage.next_v2("heartbeat=100 payload=1000000000");
          const std::string samples(std::size_t{32} << 20, 'x');
          co_await master.say(fmt::format("APPLY_CDF {} task=1\n", samples.size()) + table_text(0) + samples);
          // It sends but does not read, and the answer exceeds the sockets' buffers.
          bool heard = true;
          for (int i = 0; heard; ++i) {
            asio::steady_timer pause(master.stream().executor(), 20ms);
            co_await pause.async_wait(net::kNoThrow);
            heard = co_await master.say(fmt::format("PING n={}\n", i));
          }
          (void)co_await stage.next();
          CHECK(stage.log.find("timed out after 0.3 s") != std::string::npos);
        },
        options);
  }

  TEST_CASE("retries a refused connection and warns once") {
    play([](Stage& stage) -> Task<void> {
      stage.stop_listening();
      asio::steady_timer pause(co_await asio::this_coro::executor);
      const auto attempts = [&stage] {
        std::size_t n = 0;
        for (std::size_t at = 0; (at = stage.log.find("the master cannot be reached", at)) != std::string::npos; ++at)
          ++n;
        return n;
      };
      while (attempts() < 5) {
        pause.expires_after(1ms);
        co_await pause.async_wait(net::kNoThrow);
      }
      CHECK(stage.log.find("warn the master cannot be reached") != std::string::npos);
      CHECK(stage.log.find("warn the master cannot be reached") ==
            stage.log.rfind("warn the master cannot be reached"));
    });
  }
}
