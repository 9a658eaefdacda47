#include "status.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>

#include "commands.hpp"
#include "common/json.hpp"
#include "common/options.hpp"
#include "common/text.hpp"
#include "status_table.hpp"

namespace ece465::cli {
namespace {

/// The answers of the master, and their meaning.
struct Fetched {
  std::string status_json, workers_json, jobs_json;
  StatusView view;
};

net::Task<Result<Fetched>> fetch(MasterClient& api, int jobs) {
  Fetched fetched;
  fetched.view.url = url_text(api.url());
  ECE465_CO_ASSIGN(fetched.status_json, co_await api.get("/api/v1/status"));
  ECE465_CO_ASSIGN(fetched.workers_json, co_await api.get("/api/v1/workers"));
  ECE465_CO_ASSIGN(fetched.jobs_json, co_await api.get(fmt::format("/api/v1/jobs?limit={}", jobs)));
  const auto status = parse_status(fetched.status_json);
  const auto workers = parse_workers(fetched.workers_json);
  const auto listed = parse_jobs(fetched.jobs_json);
  if (!status || !workers || !listed) {
    co_return fail_on(fetched.view.url, Errc::unavailable, "something answers, but it is not an ece465 master");
  }
  fetched.view.status = *status;
  fetched.view.workers = *workers;
  fetched.view.jobs = *listed;
  co_return fetched;
}

Json combined_json(const Fetched& fetched) {
  return {{"command", "status"},
          {"url", fetched.view.url},
          {"status", Json::parse(fetched.status_json)},
          {"workers", Json::parse(fetched.workers_json, "workers")},
          {"jobs", Json::parse(fetched.jobs_json, "jobs")}};
}

std::vector<std::string> lines_of(const Fetched& fetched, const Console& console) {
  return status_lines(fetched.view, {console.out_width(), console.unicode(), console.out_paint()});
}

std::string join_lines(const std::vector<std::string>& lines) { return fmt::format("{}\n", fmt::join(lines, "\n")); }

/// Shows the status repeatedly.
class Watch {
 public:
  Watch(const StatusCommand& command, Console& console, MasterClient& api, asio::io_context& context)
      : command_(command), console_(console), api_(api), context_(context) {}

  int run(const std::stop_token& stop) {
    for (;;) {
      const auto fetched = run_task(context_, fetch(api_, command_.jobs), stop);
      if (stop.stop_requested()) return kExitInterrupted;
      if (fetched) {
        show(*fetched);
      } else if (!shown_) {
        return report_error(console_, fetched.error());
      } else {
        report(fetched.error());
      }
      if (!console_.output_result()) return kExitOk;  // the caller reports the error
      if (!pause(stop)) return kExitInterrupted;
    }
  }

 private:
  void show(const Fetched& fetched) {
    away_ = false;
    if (command_.json) {
      console_.print(combined_json(fetched).compact() + "\n");
    } else if (console_.can_draw()) {
      last_ = lines_of(fetched, console_);
      if (!screen_) screen_.emplace(console_);
      screen_->draw(last_);
    } else {
      console_.print((shown_ ? "\n" : "") + join_lines(lines_of(fetched, console_)));
    }
    shown_ = true;
  }

  /// A master that has answered before may come back: report the error and go on.
  void report(const Error& error) {
    if (screen_) {
      auto lines = last_;
      lines.insert(lines.begin(), console_.out_paint().red(elide(error.text(), console_.out_width() - 1)));
      screen_->draw(lines);
    } else if (!std::exchange(away_, true)) {
      console_.error(error.text());
    }
  }

  /// Returns false if interrupted.
  [[nodiscard]] bool pause(const std::stop_token& stop) const {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any timer;
    timer.wait_for(lock, stop, *command_.watch, [] { return false; });
    return !stop.stop_requested();
  }

  const StatusCommand& command_;
  Console& console_;
  MasterClient& api_;
  asio::io_context& context_;
  std::optional<Screen> screen_;
  std::vector<std::string> last_;
  bool shown_ = false;
  bool away_ = false;
};

constexpr const char* kStatusDescription =
    "Show the workers, jobs and throughput of a running master\n"
    "\n"
    "Lists the workers with their share of the merged strips, their throughput, the strips in flight, and the time "
    "since their last message; then the latest jobs.";

constexpr const char* kStatusFooter =
    "JSON:\n"
    "  {url, status: as in GET /api/v1/status, workers: [as in /api/v1/workers], jobs: [as in /api/v1/jobs]}\n"
    "  With --watch, one object per line.\n"
    "\n"
    "Examples:\n"
    "  ece465 status                              show it once\n"
    "  ece465 status --watch                      update it every second, until Ctrl-C\n"
    "  ece465 status --json | jq '.workers[].id'  process it with other programs\n";

Result<std::optional<std::chrono::milliseconds>> parse_interval(std::string_view text) {
  if (text.empty()) return std::chrono::seconds(1);  // --watch alone
  ECE465_ASSIGN(const auto interval, parse_duration(text));
  return interval;
}

}  // namespace

int run_status(const StatusCommand& command, Console& console, std::stop_token stop) {
  auto url = http::parse_url(command.url);
  if (!url) return report_error(console, about("--url", url.error()).error());
  asio::io_context context(1);
  MasterClient api(*std::move(url), command.timeout);
  if (command.watch) return Watch(command, console, api, context).run(stop);
  const auto fetched = run_task(context, fetch(api, command.jobs), stop);
  if (!fetched) return report_error(console, fetched.error());
  console.print(command.json ? combined_json(*fetched).pretty() + "\n" : join_lines(lines_of(*fetched, console)));
  return kExitOk;
}

void setup_status(Command& program) {
  const auto options = std::make_shared<StatusCommand>();
  Command& command = program.add_command(
      "status", kStatusDescription,
      [options](Console& console, std::stop_token stop) { return run_status(*options, console, std::move(stop)); });
  command.footer = kStatusFooter;

  command.current_group = "Master";
  add_url(command, options->url);
  add_timeout(command, options->timeout, "Give up when the master does not answer for this long");

  command.current_group = "Output";
  add_value(command, "-w,--watch", options->watch, "[SECONDS]", parse_interval,
            "Show the status repeatedly, every second or at this interval")
      .arity = Arity::optional;
  add_number(command, "--jobs", options->jobs, 0, 1000, "Maximum number of jobs to show");
  add_switch(command, "--json", options->json, "Print one JSON object");
}

}  // namespace ece465::cli
