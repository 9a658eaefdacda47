#include "status.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "common/options.hpp"
#include "status_table.hpp"
#include "common/text.hpp"

namespace ece465::cli {
namespace {

using Json = nlohmann::ordered_json;

/// The master's own words, and what they say.
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
    co_return fail_on(fetched.view.url, Errc::unavailable, "something answers, but no master of ece465");
  }
  fetched.view.status = *status;
  fetched.view.workers = *workers;
  fetched.view.jobs = *listed;
  co_return fetched;
}

/// All of it as one object.
std::string combined_json(const Fetched& fetched, int indent) {
  Json json{{"command", "status"}, {"url", fetched.view.url}};
  json["status"] = Json::parse(fetched.status_json, nullptr, false);
  json["workers"] = Json::parse(fetched.workers_json, nullptr, false)["workers"];
  json["jobs"] = Json::parse(fetched.jobs_json, nullptr, false)["jobs"];
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<std::string> lines_of(const Fetched& fetched, const Console& console) {
  return status_lines(fetched.view, {console.out_width(), console.unicode(), console.out_paint()});
}

std::string as_text(const std::vector<std::string>& lines) { return fmt::format("{}\n", fmt::join(lines, "\n")); }

/// Shows the master again and again.
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
        tell_of(fetched.error());
      }
      if (!console_.output_result()) return kExitOk;  // whoever called says what is wrong
      if (!pause(stop)) return kExitInterrupted;
    }
  }

 private:
  void show(const Fetched& fetched) {
    away_ = false;
    if (command_.json) {
      console_.print(combined_json(fetched, -1));
    } else if (console_.can_draw()) {
      last_ = lines_of(fetched, console_);
      if (!screen_) screen_.emplace(console_);
      screen_->draw(last_);
    } else {
      console_.print((shown_ ? "\n" : "") + as_text(lines_of(fetched, console_)));
    }
    shown_ = true;
  }

  /// A master that was there and is not any more may come back: it is told, and waited for.
  void tell_of(const Error& error) {
    if (screen_) {
      auto lines = last_;
      lines.insert(lines.begin(), console_.out_paint().red(elide(error.text(), console_.out_width() - 1)));
      screen_->draw(lines);
    } else if (!std::exchange(away_, true)) {
      console_.error(error.text());
    }
  }

  /// False: interrupted.
  [[nodiscard]] bool pause(const std::stop_token& stop) const {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_for(lock, stop, *command_.watch, [] { return false; });
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
    "Workers with their share of the strips that were merged, what they do per second, what they hold, and when "
    "they were last heard of; then the newest jobs.";

constexpr const char* kStatusFooter =
    "JSON:\n"
    "  {url, status: as GET /api/v1/status tells it, workers: [as in /api/v1/workers], jobs: [as in /api/v1/jobs]}\n"
    "  With --watch one object per line.\n"
    "\n"
    "Examples:\n"
    "  ece465 status                                   once\n"
    "  ece465 status --watch                           once a second, until Ctrl-C\n"
    "  ece465 status --json | jq '.workers[].id'       for programs\n";

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
  MasterClient api(*std::move(url), command.patience);
  if (command.watch) return Watch(command, console, api, context).run(stop);
  const auto fetched = run_task(context, fetch(api, command.jobs), stop);
  if (!fetched) return report_error(console, fetched.error());
  console.print(command.json ? combined_json(*fetched, 2) : as_text(lines_of(*fetched, console)));
  return kExitOk;
}

void setup_status(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<StatusCommand>();
  CLI::App* command = add_command(
      app, "status", kStatusDescription, chosen,
      [options](Console& console, std::stop_token stop) { return run_status(*options, console, std::move(stop)); });
  command->footer(kStatusFooter);

  constexpr const char* kMaster = "Master";
  add_url(*command, options->url)->group(kMaster);
  add_timeout(*command, options->patience, "Give up when the master says nothing for this long")->group(kMaster);

  constexpr const char* kOutput = "Telling";
  add_value<std::optional<std::chrono::milliseconds>>(*command, "-w,--watch", options->watch, "[SECONDS]",
                                                      parse_interval,
                                                      "Show it again and again, every second or as often as told")
      ->expected(0, 1)
      ->group(kOutput);
  add_value<int>(
      *command, "--jobs", options->jobs, "N", [](std::string_view text) { return parse_number(text, 0, 1000); },
      "Jobs to show, at most")
      ->default_str(fmt::format("{}", options->jobs))
      ->group(kOutput);
  add_switch(*command, "--json", options->json, "One JSON object")->group(kOutput);
}

}  // namespace ece465::cli
