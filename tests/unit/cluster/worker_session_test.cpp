#include <algorithm>

#include "scripted_worker.hpp"

using namespace ece465;
using namespace ece465::cluster;

namespace {

constexpr std::size_t kStrip = 300;  // bytes; contains every level

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
  TEST_CASE("ECE465/2: a strip is counted, kept, and mapped with only the table sent") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      const auto page = std::make_shared<ScriptedPage>(fixture.context, 1, kStrip);
      const auto job = fixture.coordinator.submit(page, spec_of(*page));
      const std::string count = co_await worker.receive();
      CHECK(count.starts_with("CALC_HIST 300 task="));
      CHECK(field(count, "keep") == "1");
      const std::string samples = co_await worker.receive_bytes(kStrip);
      CHECK(samples == as_text(page->samples[0]));
      co_await worker.send(hist_result(field(count, "task"), samples));
      co_await accepted(*page, 1);
      CHECK(page->accepted[0].second.counts == counts_of(samples));

      fixture.coordinator.table_ready(job);
      CHECK(co_await worker.receive() == "TABLE 256 table=77");
      (void)co_await worker.receive_bytes(256);
      const std::string apply = co_await worker.receive();
      CHECK(apply.starts_with("APPLY_CDF 0 task="));
      CHECK(field(apply, "from") == field(count, "task"));
      CHECK(field(apply, "table") == "77");
      co_await worker.send(fmt::format("CDF_RESULT {} task={}\n{}", kStrip, field(apply, "task"), mapped(samples)));
      co_await accepted(*page, 2);
      CHECK(as_text(page->accepted[1].second.samples.span()) == mapped(samples));
      CHECK(page->outcome == mapreduce::JobOutcome::finished);
      CHECK(page->report.bytes_spared == kStrip);
      CHECK(page->check == Check::full);  // no checksum was agreed
      // Pixels out once, table once, pixels back once, and headers.
      CHECK(page->sent < kStrip + 256 + 300);
      CHECK(page->received < kStrip + 700);
    }).run();
  }

  TEST_CASE("only samples of an answer with a checksum are compared") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", "checksum=xxh3");
      const auto page = std::make_shared<ScriptedPage>(fixture.context, 1, kStrip);
      (void)fixture.coordinator.submit(page, spec_of(*page, false));
      const std::string task = field(co_await worker.receive(), "task");
      std::string packed;
      wire::append_packed_counts(packed, counts_of(co_await worker.receive_bytes(kStrip)));
      co_await worker.send(fmt::format("HIST_RESULT {} task={} xxh3={:016x}\n{}", packed.size(), task,
                                       wire::checksum(as_bytes(packed)), packed));
      co_await accepted(*page, 1);
      CHECK(page->check == Check::sampled);
    }).run();
  }

  TEST_CASE("a table is sent once per connection, and again if the worker reports that it has none") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", "memory=0");
      const auto page = std::make_shared<ScriptedPage>(fixture.context, 2, kStrip);
      const auto job = fixture.coordinator.submit(page, spec_of(*page));
      for (int i = 0; i < 2; ++i) {
        const std::string line = co_await worker.receive();
        CHECK(field(line, "keep").empty());
        co_await worker.send(hist_result(field(line, "task"), co_await worker.receive_bytes(kStrip)));
        co_await accepted(*page, static_cast<std::size_t>(i) + 1);
      }
      fixture.coordinator.table_ready(job);
      int tables = 0;
      for (int answers = 0; answers < 2;) {
        const std::string line = co_await worker.receive();
        if (line.starts_with("TABLE")) {
          ++tables;
          (void)co_await worker.receive_bytes(256);
          continue;
        }
        const std::string samples = co_await worker.receive_bytes(kStrip);
        if (tables == 1 && answers == 1) {
          co_await worker.send(fmt::format("ERROR code=no_table task={} text=gone\n", field(line, "task")));
          tables = 2;
          continue;
        }
        co_await worker.send(fmt::format("CDF_RESULT {} task={}\n{}", kStrip, field(line, "task"), mapped(samples)));
        ++answers;
      }
      CHECK(tables == 3);
      co_await accepted(*page, 4);
    }).run();
  }

  TEST_CASE("the older dialects: one request at a time, in their own formats") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join_older();
      const auto page = std::make_shared<ScriptedPage>(fixture.context, 1, kStrip);
      while (fixture.joined.empty()) co_await page->changed.wait(1ms);
      const auto job = fixture.coordinator.submit(page, spec_of(*page));
      CHECK(co_await worker.receive() == "CALC_HIST 300");
      const std::string samples = co_await worker.receive_bytes(kStrip);
      std::string answer = "HIST_RESULT ";
      wire::append_json_counts(answer, counts_of(samples));
      co_await worker.send(answer + "\n");
      co_await accepted(*page, 1);
      fixture.coordinator.table_ready(job);
      CHECK(co_await worker.receive() == "APPLY_CDF 300");
      (void)co_await worker.receive_bytes(256);
      CHECK(co_await worker.receive_bytes(kStrip) == samples);
      co_await worker.send(fmt::format("CDF_RESULT {}\n{}", kStrip, mapped(samples)));
      co_await accepted(*page, 2);
      CHECK(page->check == Check::full);
      CHECK(page->outcome == mapreduce::JobOutcome::finished);
    }).run();
  }

  TEST_CASE("a histogram with the wrong sum is an invalid result and is not merged") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      const auto page = std::make_shared<ScriptedPage>(fixture.context, 1, kStrip);
      (void)fixture.coordinator.submit(page, spec_of(*page));
      const std::string line = co_await worker.receive();
      std::string samples = co_await worker.receive_bytes(kStrip);
      samples.pop_back();
      co_await worker.send(hist_result(field(line, "task"), samples));
      co_await worker.send("PING n=5\n");
      std::string heard = co_await worker.receive();
      while (!heard.starts_with("PONG")) heard = co_await worker.receive();
      CHECK(page->accepted.empty());
      const auto views = fixture.coordinator.scheduler().workers();
      const auto faulty = std::ranges::find(views, 1U, &mapreduce::WorkerView::invalid_results);
      CHECK(faulty != views.end());
    }).run();
  }

  TEST_CASE("an answer of the wrong size closes the connection") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      const auto page = std::make_shared<ScriptedPage>(fixture.context, 1, kStrip);
      (void)fixture.coordinator.submit(page, spec_of(*page));
      const std::string line = co_await worker.receive();
      (void)co_await worker.receive_bytes(kStrip);
      co_await worker.send(fmt::format("HIST_RESULT 999999 task={}\n", field(line, "task")));
      while (!(co_await worker.receive()).empty()) {
      }
      INFO(fixture.end_reason);
      CHECK(fixture.end_reason.find("bytes") != std::string::npos);
      CHECK(page->accepted.empty());
    }).run();
  }

  TEST_CASE("unrequested answers are skipped") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      co_await worker.send("HIST_RESULT 3 task=123456\nabcCDF_RESULT 4 task=9\nwxyzPING n=1\n");
      CHECK(co_await worker.receive() == "PONG n=1");
      CHECK(fixture.end_reason.empty());
    }).run();
  }

  TEST_CASE("LOG lines reach the log, for a course-dialect worker from the first line") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      fixture.dialects.failed("old-2",
                              fixture.dialects.begin("old-2"));  // it disconnected after a documented probe before
      co_await worker.send("REGISTER old-2\n");
      CHECK(co_await worker.receive() == "ACK_REGISTER");
      co_await worker.send("LOG old-2 Connected to master\n");
      co_await worker.send("LOG old-2 and then some\n");
      const auto page = std::make_shared<ScriptedPage>(fixture.context, 1, kStrip);
      while (fixture.logs.size() < 2) co_await page->changed.wait(1ms);
      CHECK(fixture.logs == std::vector<std::string>{"old-2: Connected to master", "old-2: and then some"});
      CHECK(fixture.sessions[0]->dialect() == wire::Dialect::course);
    }).run();
  }

  TEST_CASE("a line that exceeds its limit closes the connection") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      const std::string piece(64 << 10, 'x');
      co_await worker.send(piece);
      co_await worker.send("y");
      while (!(co_await worker.receive()).empty()) {
      }
      CHECK(fixture.end_reason.find("line") != std::string::npos);
    }).run();
  }

  TEST_CASE("BYE from a worker: it is answered, and the worker gets no more requests and finishes") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      const auto page = std::make_shared<ScriptedPage>(fixture.context, 3, kStrip);
      (void)fixture.coordinator.submit(page, spec_of(*page, false));
      const std::string line = co_await worker.receive();
      const std::string samples = co_await worker.receive_bytes(kStrip);
      co_await worker.send("BYE\n");
      CHECK(co_await worker.receive() == "BYE");
      co_await worker.send(hist_result(field(line, "task"), samples));
      CHECK((co_await worker.receive()).empty());
      CHECK(page->accepted.size() == 1);
      CHECK(fixture.sessions[0]->left_cleanly());
    }).run();
  }

  TEST_CASE("a queued strip that is no longer needed is not sent") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      const auto page = std::make_shared<ScriptedPage>(fixture.context, 1, kStrip);
      const auto job = fixture.coordinator.submit(page, spec_of(*page));
      fixture.coordinator.cancel(job);  // before the loop writes anything
      co_await worker.send("PING n=9\n");
      for (std::string line; line != "PONG n=9";) {
        line = co_await worker.receive();
        CHECK_FALSE(line.starts_with("CALC_HIST"));  // a drop for a request that was never sent does no harm
        if (line.empty()) break;
      }
      CHECK(page->outcome == mapreduce::JobOutcome::cancelled);
      CHECK(page->sent == 0);
    }).run();
  }

  TEST_CASE("a master that is stopping says BYE") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join();
      fixture.sessions[0]->say_bye();
      CHECK(co_await worker.receive() == "BYE");
    }).run();
  }
}
