#include <algorithm>

#include "scripted_worker.hpp"

using namespace ece465;
using namespace ece465::cluster;

namespace {

constexpr std::size_t kStrip = 300;  // bytes: every level at least once

mapreduce::JobSpec spec_of(const ScriptedPage& page, bool apply = true) {
  mapreduce::JobSpec spec;
  for (const auto& strip : page.samples) spec.strip_bytes.push_back(strip.size());
  spec.ready = static_cast<std::uint32_t>(page.samples.size());
  spec.apply = apply;
  return spec;
}

/// "CALC_HIST 300 task=7 keep=1" -> "7"
std::string field(const std::string& line, const std::string& key) {
  const auto at = line.find(" " + key + "=");
  if (at == std::string::npos) return "";
  const auto from = at + key.size() + 2;
  return line.substr(from, line.find(' ', from) - from);
}

std::vector<std::uint64_t> counts_of(std::string_view samples) {
  std::vector<std::uint64_t> counts(256);
  REQUIRE(image::count_samples(as_bytes(samples), 8, counts));
  return counts;
}

std::string hist_result(const std::string& task, std::string_view samples) {
  std::string packed;
  wire::append_packed_counts(packed, counts_of(samples));
  return fmt::format("HIST_RESULT {} task={}\n{}", packed.size(), task, packed);
}

std::string mapped(std::string_view samples) {
  std::string out(samples);
  for (char& c : out) c = static_cast<char>(255 - static_cast<unsigned char>(c));
  return out;
}

/// Waits until the page has accepted `n` answers.
net::Task<void> accepted(ScriptedPage& page, std::size_t n) {
  while (page.accepted.size() < n) co_await page.changed.wait(kPatience);
}

}  // namespace

TEST_SUITE("worker session") {
  TEST_CASE("ECE465/2: a strip is counted, kept, and mapped by its table alone") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      const auto page = std::make_shared<ScriptedPage>(stage.context, 1, kStrip);
      const auto job = stage.coordinator.submit(page, spec_of(*page));
      const std::string count = co_await worker.hear();
      CHECK(count.starts_with("CALC_HIST 300 task="));
      CHECK(field(count, "keep") == "1");
      const std::string samples = co_await worker.hear_bytes(kStrip);
      CHECK(samples == as_text(page->samples[0]));
      co_await worker.say(hist_result(field(count, "task"), samples));
      co_await accepted(*page, 1);
      CHECK(page->accepted[0].second.counts == counts_of(samples));

      stage.coordinator.table_ready(job);
      CHECK(co_await worker.hear() == "TABLE 256 table=77");
      (void)co_await worker.hear_bytes(256);
      const std::string apply = co_await worker.hear();
      CHECK(apply.starts_with("APPLY_CDF 0 task="));
      CHECK(field(apply, "from") == field(count, "task"));
      CHECK(field(apply, "table") == "77");
      co_await worker.say(fmt::format("CDF_RESULT {} task={}\n{}", kStrip, field(apply, "task"), mapped(samples)));
      co_await accepted(*page, 2);
      CHECK(as_text(page->accepted[1].second.samples.span()) == mapped(samples));
      CHECK(page->outcome == mapreduce::JobOutcome::finished);
      CHECK(page->report.bytes_spared == kStrip);
      CHECK(page->scrutiny == Check::all);  // no checksum was agreed on
      // Pixels out once, table once, pixels back once, and lines.
      CHECK(page->sent < kStrip + 256 + 300);
      CHECK(page->received < kStrip + 700);
    }).run();
  }

  TEST_CASE("an answer with a checksum is looked at in places only") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", "checksum=xxh3");
      const auto page = std::make_shared<ScriptedPage>(stage.context, 1, kStrip);
      (void)stage.coordinator.submit(page, spec_of(*page, false));
      const std::string task = field(co_await worker.hear(), "task");
      std::string packed;
      wire::append_packed_counts(packed, counts_of(co_await worker.hear_bytes(kStrip)));
      co_await worker.say(fmt::format("HIST_RESULT {} task={} xxh3={:016x}\n{}", packed.size(), task,
                                      wire::checksum(as_bytes(packed)), packed));
      co_await accepted(*page, 1);
      CHECK(page->scrutiny == Check::places);
    }).run();
  }

  TEST_CASE("a table crosses a connection once, and again when the worker says that it has none") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", "memory=0");
      const auto page = std::make_shared<ScriptedPage>(stage.context, 2, kStrip);
      const auto job = stage.coordinator.submit(page, spec_of(*page));
      for (int i = 0; i < 2; ++i) {
        const std::string line = co_await worker.hear();
        CHECK(field(line, "keep").empty());
        co_await worker.say(hist_result(field(line, "task"), co_await worker.hear_bytes(kStrip)));
        co_await accepted(*page, static_cast<std::size_t>(i) + 1);
      }
      stage.coordinator.table_ready(job);
      int tables = 0;
      for (int answers = 0; answers < 2;) {
        const std::string line = co_await worker.hear();
        if (line.starts_with("TABLE")) {
          ++tables;
          (void)co_await worker.hear_bytes(256);
          continue;
        }
        const std::string samples = co_await worker.hear_bytes(kStrip);
        if (tables == 1 && answers == 1) {
          co_await worker.say(fmt::format("ERROR code=no_table task={} text=gone\n", field(line, "task")));
          tables = 2;
          continue;
        }
        co_await worker.say(fmt::format("CDF_RESULT {} task={}\n{}", kStrip, field(line, "task"), mapped(samples)));
        ++answers;
      }
      CHECK(tables == 3);
      co_await accepted(*page, 4);
    }).run();
  }

  TEST_CASE("the older dialects: one request at a time, in their own shapes") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join_older();
      const auto page = std::make_shared<ScriptedPage>(stage.context, 1, kStrip);
      while (stage.joined.empty()) co_await page->changed.wait(1ms);
      const auto job = stage.coordinator.submit(page, spec_of(*page));
      CHECK(co_await worker.hear() == "CALC_HIST 300");
      const std::string samples = co_await worker.hear_bytes(kStrip);
      std::string answer = "HIST_RESULT ";
      wire::append_json_counts(answer, counts_of(samples));
      co_await worker.say(answer + "\n");
      co_await accepted(*page, 1);
      stage.coordinator.table_ready(job);
      CHECK(co_await worker.hear() == "APPLY_CDF 300");
      (void)co_await worker.hear_bytes(256);
      CHECK(co_await worker.hear_bytes(kStrip) == samples);
      co_await worker.say(fmt::format("CDF_RESULT {}\n{}", kStrip, mapped(samples)));
      co_await accepted(*page, 2);
      CHECK(page->scrutiny == Check::all);
      CHECK(page->outcome == mapreduce::JobOutcome::finished);
    }).run();
  }

  TEST_CASE("a histogram that does not add up, and samples mapped wrongly, are lies and merged nowhere") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      const auto page = std::make_shared<ScriptedPage>(stage.context, 1, kStrip);
      (void)stage.coordinator.submit(page, spec_of(*page));
      const std::string line = co_await worker.hear();
      std::string samples = co_await worker.hear_bytes(kStrip);
      samples.pop_back();
      co_await worker.say(hist_result(field(line, "task"), samples));
      co_await worker.say("PING n=5\n");
      std::string heard = co_await worker.hear();
      while (!heard.starts_with("PONG")) heard = co_await worker.hear();
      CHECK(page->accepted.empty());
      const auto views = stage.coordinator.scheduler().workers();
      const auto liar = std::ranges::find(views, 1U, &mapreduce::WorkerView::lies);
      CHECK(liar != views.end());
    }).run();
  }

  TEST_CASE("an answer of the wrong size ends the connection") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      const auto page = std::make_shared<ScriptedPage>(stage.context, 1, kStrip);
      (void)stage.coordinator.submit(page, spec_of(*page));
      const std::string line = co_await worker.hear();
      (void)co_await worker.hear_bytes(kStrip);
      co_await worker.say(fmt::format("HIST_RESULT 999999 task={}\n", field(line, "task")));
      while (!(co_await worker.hear()).empty()) {
      }
      INFO(stage.goodbye);
      CHECK(stage.goodbye.find("bytes") != std::string::npos);
      CHECK(page->accepted.empty());
    }).run();
  }

  TEST_CASE("what nobody asked for is skipped, whatever it says") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      co_await worker.say("HIST_RESULT 3 task=123456\nabcCDF_RESULT 4 task=9\nwxyzPING n=1\n");
      CHECK(co_await worker.hear() == "PONG n=1");
      CHECK(stage.goodbye.empty());
    }).run();
  }

  TEST_CASE("LOG lines reach the log, from a course-code worker from its first word") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      stage.dialects.failed("old-2", stage.dialects.begin("old-2"));  // it hung up on a documented probe before
      co_await worker.say("REGISTER old-2\n");
      CHECK(co_await worker.hear() == "ACK_REGISTER");
      co_await worker.say("LOG old-2 Connected to master\n");
      co_await worker.say("LOG old-2 and then some\n");
      const auto page = std::make_shared<ScriptedPage>(stage.context, 1, kStrip);
      while (stage.logs.size() < 2) co_await page->changed.wait(1ms);
      CHECK(stage.logs == std::vector<std::string>{"old-2: Connected to master", "old-2: and then some"});
      CHECK(stage.sessions[0]->dialect() == wire::Dialect::course);
    }).run();
  }

  TEST_CASE("a line without end is cut off at its limit") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      const std::string piece(64 << 10, 'x');
      co_await worker.say(piece);
      co_await worker.say("y");
      while (!(co_await worker.hear()).empty()) {
      }
      CHECK(stage.goodbye.find("line") != std::string::npos);
    }).run();
  }

  TEST_CASE("BYE from a worker: it is answered, gets nothing more, and leaves when it has answered") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      const auto page = std::make_shared<ScriptedPage>(stage.context, 3, kStrip);
      (void)stage.coordinator.submit(page, spec_of(*page, false));
      const std::string line = co_await worker.hear();
      const std::string samples = co_await worker.hear_bytes(kStrip);
      co_await worker.say("BYE\n");
      CHECK(co_await worker.hear() == "BYE");
      co_await worker.say(hist_result(field(line, "task"), samples));
      CHECK((co_await worker.hear()).empty());
      CHECK(page->accepted.size() == 1);
      CHECK(stage.sessions[0]->left_well());
    }).run();
  }

  TEST_CASE("a strip that nobody needs any more and that has not gone out is not sent") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      const auto page = std::make_shared<ScriptedPage>(stage.context, 1, kStrip);
      const auto job = stage.coordinator.submit(page, spec_of(*page));
      stage.coordinator.cancel(job);  // before the loop could write anything
      co_await worker.say("PING n=9\n");
      for (std::string line; line != "PONG n=9";) {
        line = co_await worker.hear();
        CHECK_FALSE(line.starts_with("CALC_HIST"));  // to drop what was never held does no harm
        if (line.empty()) break;
      }
      CHECK(page->outcome == mapreduce::JobOutcome::cancelled);
      CHECK(page->sent == 0);
    }).run();
  }

  TEST_CASE("a master that stops says BYE") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      stage.sessions[0]->say_bye();
      CHECK(co_await worker.hear() == "BYE");
    }).run();
  }
}
