#include "ece465/base/logger.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <limits>
#include <set>
#include <thread>
#include <vector>

#include "ece465/base/descriptor.hpp"
#include "temp_folder.hpp"

using namespace ece465;
using namespace std::chrono_literals;
using ece465::testing::TempFolder;

namespace {

constexpr WallTime kTime =
    WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 25)) + 15h + 27min + 20s + 123ms;

std::string text_line(std::string_view message, LogFields fields) {
  return log_line(LogFormat::text, LogLevel::info, kTime, message, fields);
}
std::string json_line(std::string_view message, LogFields fields) {
  return log_line(LogFormat::json, LogLevel::warn, kTime, message, fields);
}

}  // namespace

TEST_SUITE("log line") {
  TEST_CASE("text: time, level, message, fields") {
    CHECK(text_line("worker joined", {{"worker", "node-7"}, {"peer", "10.0.0.2:4000"}}) ==
          "2026-11-25T15:27:20.123Z info worker joined worker=node-7 peer=10.0.0.2:4000\n");
    CHECK(log_line(LogFormat::text, LogLevel::error, kTime, "full", {}) == "2026-11-25T15:27:20.123Z error full\n");
  }

  TEST_CASE("text: ambiguous values are quoted") {
    CHECK(text_line("x", {{"a", ""}, {"b", "two words"}, {"c", "k=v"}, {"d", R"(say "hi")"}, {"e", R"(C:\x)"}}) ==
          R"(2026-11-25T15:27:20.123Z info x a="" b="two words" c="k=v" d="say \"hi\"" e="C:\\x")"
          "\n");
  }

  TEST_CASE("JSON: one object with bare numbers and booleans, except infinity, which JSON does not have") {
    CHECK(
        json_line("late", {{"worker", "a \"b\" \\"}, {"bytes", std::uint64_t{1} << 60}, {"ok", false}, {"s", 0.25}}) ==
        R"({"time":"2026-11-25T15:27:20.123Z","level":"warn","message":"late","worker":"a \"b\" \\",)"
        R"("bytes":1152921504606846976,"ok":false,"s":0.25})"
        "\n");
    CHECK(json_line("x", {{"s", std::numeric_limits<double>::infinity()}, {"c", 'c'}}) ==
          R"({"time":"2026-11-25T15:27:20.123Z","level":"warn","message":"x","s":"inf","c":"c"})"
          "\n");
  }

  TEST_CASE("untrusted text cannot break the line or control a terminal") {
    const std::string evil("a\nb\r\tc\x1b[2J\x7f\xC2\x9B\x00z", 15);
    CHECK(text_line(evil, {{"v", evil}}) ==
          R"(2026-11-25T15:27:20.123Z info a\nb\r\tc\x1b[2J\x7f\x9b\x00z v="a\nb\r\tc\x1b[2J\x7f\x9b\x00z")"
          "\n");
    CHECK(json_line("m", {{"v", evil}})
              .ends_with(R"("v":"a\nb\r\tc\u001b[2J\u007f\u009b\u0000z"})"
                         "\n"));
  }

  TEST_CASE("UTF-8 is kept, and anything else is replaced, byte by byte") {
    CHECK(json_line("größe 写真 \U0001F600", {}).find("größe 写真 \U0001F600") != std::string::npos);
    const auto replaced = [](std::string_view bytes) {
      const std::string line = json_line(bytes, {});
      const std::string_view start = R"({"time":"2026-11-25T15:27:20.123Z","level":"warn","message":")";
      return line.substr(start.size(), line.size() - start.size() - 3);
    };
    const std::string r = "\uFFFD";
    CHECK(replaced("\xC3") == r);  // truncated
    CHECK(replaced("a\xFF"
                   "b") == "a" + r + "b");  // never valid
    CHECK(replaced("\xC0\xAF") == r + r);   // overlong
    CHECK(replaced("\xE0\x80\x80") == r + r + r);
    CHECK(replaced("\xED\xA0\x80") == r + r + r);          // a surrogate
    CHECK(replaced("\xF4\x90\x80\x80") == r + r + r + r);  // beyond Unicode
    CHECK(replaced("\xF0\x9F\x98") == r + r + r);
  }
}

TEST_SUITE("logger") {
  TEST_CASE("events below its level are not written") {
    std::string all;
    Logger logger(LogLevel::warn, LogFormat::text, [&](std::string_view line) { all += line; });
    CHECK(!logger.wants(LogLevel::info));
    CHECK(logger.wants(LogLevel::warn));
    logger.debug("one");
    logger.info("two");
    logger.warn("three", {{"n", 3}});
    logger.error("four");
    CHECK(all.find(" warn three n=3\n") != std::string::npos);
    CHECK(all.find(" error four\n") != std::string::npos);
    CHECK(std::ranges::count(all, '\n') == 2);
  }

  TEST_CASE("lines of several threads are not mixed") {
    const TempFolder folder;
    {
      const Descriptor file(::open((folder / "log").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
      Logger logger(LogLevel::debug, LogFormat::text, file.get());
      std::vector<std::jthread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&logger, t] {
          for (int i = 0; i < 100; ++i)
            logger.debug("event", {{"thread", t}, {"i", i}, {"filler", std::string(100, 'x')}});
        });
      }
    }
    const std::string all = folder.read("log");
    std::set<std::string> ends;
    std::size_t lines = 0;
    for (std::size_t at = 0, end = 0; (end = all.find('\n', at)) != std::string::npos; at = end + 1, ++lines) {
      const std::string line = all.substr(at, end - at);
      CHECK(line.find(" debug event thread=") == 24);
      CHECK(line.ends_with(" filler=" + std::string(100, 'x')));
      ends.insert(line.substr(24));
    }
    CHECK(lines == 400);
    CHECK(ends.size() == 400);
  }
}
