#include <doctest/doctest.h>

#include <thread>

#include "ece465/cluster/worker.hpp"
#include "samples_text.hpp"
#include "scripted_master.hpp"

using namespace ece465;
using namespace ece465::testing;
using namespace std::chrono_literals;
using net::Task;

TEST_SUITE("worker leaving") {
  TEST_CASE("a stop sends BYE, answers pending requests, refuses new ones and waits for the master to read it all") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2();
      const std::string samples = samples_text(1000, 1);
      co_await master.say("CALC_HIST 1000 task=1 keep=1\n" + samples);
      const std::string line = co_await master.answer();
      CHECK((co_await master.bytes(size_of_answer(line))).size() == size_of_answer(line));
      Busy busy(stage);
      co_await master.say("CALC_HIST 1000 task=2\n" + samples + "PING n=1\n");
      CHECK(co_await master.line() == "PONG n=1");
      stage.worker().stop();
      CHECK(co_await master.line() == "BYE");
      co_await master.say("CALC_HIST 3 task=3\nabcAPPLY_CDF 0 task=4 from=1\n" + table_text(0) + "BYE\n");
      CHECK((co_await master.line()).starts_with("ERROR code=leaving task=3 "));
      CHECK((co_await master.line()).starts_with("ERROR code=leaving task=4 "));
      busy.end();
      const std::string last = co_await master.line();
      CHECK(last.starts_with("HIST_RESULT "));
      CHECK((co_await master.bytes(size_of_answer(last))).size() == size_of_answer(last));
      CHECK(co_await master.line() == "(end)");
    });
  }

  TEST_CASE("a request whose samples are under way at a stop is done") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2();
      co_await master.say("CALC_HIST 6 task=1\nabc");
      co_await master.say("");
      // It has read the header once it has read what came with it.
      while (stage.log.find("registered") == std::string::npos) co_await asio::post(asio::use_awaitable);
      stage.worker().stop();
      CHECK(co_await master.line() == "BYE");
      co_await master.say("abcBYE\n");
      const std::string line = co_await master.line();
      const bool done = line.starts_with("HIST_RESULT ") || line.starts_with("ERROR code=leaving task=1 ");
      CHECK(done);
    });
  }

  TEST_CASE("after the master's BYE it answers what is pending and reconnects") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2();
      co_await master.say("CALC_HIST 3 task=1\nabcBYE\nCALC_HIST 3 task=2\nabc");
      int answers = 0, byes = 0, refused = 0;
      for (int i = 0; i < 3; ++i) {
        const std::string line = co_await master.line();
        (void)co_await master.bytes(size_of_answer(line));
        answers += line.starts_with("HIST_RESULT ") ? 1 : 0;
        byes += line == "BYE" ? 1 : 0;
        refused += line.starts_with("ERROR code=leaving task=2 ") ? 1 : 0;
      }
      CHECK(answers == 1);
      CHECK(byes == 1);
      CHECK(refused == 1);
      master.hang_up();
      (void)co_await stage.next_v2();
      CHECK(stage.log.find("info the master left") != std::string::npos);
    });
  }

  TEST_CASE("both sides may leave at once") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next_v2();
      stage.worker().stop();
      co_await master.say("BYE\n");
      CHECK(co_await master.line() == "BYE");
      CHECK(co_await master.line() == "(end)");
    });
  }

  TEST_CASE("a stop does not wait for BYE beyond its limit") {
    auto options = worker_options();
    options.stop_limit = 30ms;
    play(
        [](Stage& stage) -> Task<void> {
          ScriptedMaster master = co_await stage.next_v2();
          stage.worker().stop();
          CHECK(co_await master.line() == "BYE");
          CHECK(co_await master.line() == "(end)");
        },
        options);
  }

  TEST_CASE("older dialects: the stream ends after the last answer") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next();
      CHECK((co_await master.line()).starts_with("REGISTER w "));
      co_await master.say("REGISTERED\n");
      Busy busy(stage);
      co_await master.say("CALC_HIST 3\nabc");
      while (stage.log.find("registered") == std::string::npos) co_await asio::post(asio::use_awaitable);
      asio::steady_timer pause(co_await asio::this_coro::executor, 5ms);
      co_await pause.async_wait(net::kNoThrow);
      stage.worker().stop();
      busy.end();
      const std::string line = co_await master.line();
      const bool answered_or_not_begun = line == "HIST_RESULT " + json_counts("abc") || line == "(end)";
      CHECK(answered_or_not_begun);
    });
  }

  TEST_CASE("stops during registration and during a pause") {
    play([](Stage& stage) -> Task<void> {
      ScriptedMaster master = co_await stage.next();
      CHECK((co_await master.line()).starts_with("REGISTER w "));
      stage.worker().stop();
      stage.worker().stop();
      CHECK(co_await master.line() == "(end)");
    });
    auto patient = worker_options();
    patient.reconnect_min = patient.reconnect_max = 1h;
    play(
        [](Stage& stage) -> Task<void> {
          {
            ScriptedMaster master = co_await stage.next();
          }
          while (stage.log.find("pausing") == std::string::npos) co_await asio::post(asio::use_awaitable);
          stage.worker().stop();
        },
        patient);
  }

  TEST_CASE("run_worker ends when any thread requests the stop") {
    Logger quiet(LogLevel::error, LogFormat::text, [](std::string_view) {});
    asio::io_context loop(1);
    auto listener = net::Listener::open(loop, {"127.0.0.1", 0}).value();
    cluster::WorkerOptions options = worker_options();
    options.master = listener.address();
    std::stop_source stop;
    Result<void> ended = fail(Errc::internal, "did not end");
    std::jthread thread([&] { ended = cluster::run_worker(options, quiet, stop.get_token()); });
    net::Gate gate(loop.get_executor());
    static std::stop_source* source;
    source = &stop;
    const std::function<Task<void>(net::Stream)> session = [](net::Stream stream) -> Task<void> {
      ScriptedMaster master(std::move(stream));
      CHECK((co_await master.line()).starts_with("REGISTER w "));
      co_await master.say("REGISTERED ECE465/2 heartbeat=60000 payload=1000000\n");
      CHECK((co_await master.line()).starts_with("LOG w "));
      source->request_stop();
      CHECK(co_await master.answer() == "BYE");
      co_await master.say("BYE\n");
      CHECK(co_await master.line() == "(end)");
    };
    static net::Listener* port;
    port = &listener;
    const std::function<Task<void>(net::Stream)> once = [session](net::Stream stream) {
      port->stop();
      return session(std::move(stream));
    };
    asio::co_spawn(loop, listener.accept(once, gate, 10, [](const Error&) {}), asio::detached);
    loop.run();
    thread.join();
    CHECK(ended);

    // Requested before the start.
    CHECK(cluster::run_worker(options, quiet, stop.get_token()));
  }

  TEST_CASE("invalid options are refused") {
    Logger quiet(LogLevel::error, LogFormat::text, [](std::string_view) {});
    auto options = worker_options();
    options.id = "a b";
    CHECK(cluster::run_worker(options, quiet, {}).error().code == Errc::bad_input);
    options = worker_options();
    options.threads = 0;
    CHECK(cluster::run_worker(options, quiet, {}).error().code == Errc::usage);
  }
}
