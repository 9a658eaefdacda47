#include "submit_files.hpp"

#include <algorithm>

#include "common/files.hpp"
#include "common/in_order.hpp"
#include "common/master_client.hpp"
#include "common/text.hpp"
#include "ece465/net/gate.hpp"
#include "equalize/equalize_files.hpp"
#include "remote_names.hpp"

namespace ece465::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A small image is done within one of the first intervals; a large one is polled at most four times a second.
constexpr Clock::duration kFirstPoll = 20ms, kLongestPoll = 250ms;
// Between attempts to reach a master.
constexpr Clock::duration kLongestPause = 1s;
// Time to cancel jobs after a request to stop.
constexpr Clock::duration kStopLimit = 3s;
constexpr int kAttempts = 5;

bool is_lost(const Error& error) { return error.code == Errc::unavailable || error.code == Errc::timeout; }

class FileSubmission;

/// State shared by the files of a run. One event loop on one thread: no locks.
struct Shared {
  Shared(const SubmitOptions& o, Progress& p, asio::io_context& context)
      : options(o), progress(p), wake(context.get_executor()) {}

  const SubmitOptions& options;
  Progress& progress;
  net::Condition wake;  ///< ends sleeps early
  RemoteNames names;
  std::vector<FileSubmission*> active;
  bool stopping = false;
  bool contacted = false;     ///< the master has answered once
  std::optional<Error> lost;  ///< why the master cannot be reached; no more files are started
};

/// Uploads one file, runs its job and downloads the result.
class FileSubmission {
 public:
  FileSubmission(const Job& job, std::size_t index, MasterClient& api, std::shared_ptr<Shared> shared,
                 SubmittedFile& report)
      : job_(job), index_(index), api_(api), shared_(std::move(shared)), report_(report) {
    shared_->active.push_back(this);
  }
  ~FileSubmission() { std::erase(shared_->active, this); }
  FileSubmission(const FileSubmission&) = delete;
  FileSubmission& operator=(const FileSubmission&) = delete;

  net::Task<Result<void>> run() {
    Result<void> done = co_await steps();
    // A request to stop makes transfers fail with network errors.
    if (!done && shared_->stopping) done = fail_on(report_.input, Errc::cancelled, "interrupted");
    co_await clean_up();
    co_return done;
  }

  /// Aborts transfers. The start of a job is not aborted: its id is needed to cancel it.
  void interrupt() {
    if (interruptible_) api_.close();
  }

 private:
  [[nodiscard]] const SubmitOptions& options() const { return shared_->options; }

  [[nodiscard]] Result<void> check_running() const {
    if (shared_->stopping) return fail_on(report_.input, Errc::cancelled, "interrupted");
    if (shared_->lost) return std::unexpected(*shared_->lost);
    return {};
  }

  net::Task<Result<void>> steps() {
    if (job_.refused) co_return std::unexpected(*job_.refused);
    ECE465_CO_TRY(check_running());
    // Find local problems before anything is sent; in the image, as far as its header shows them.
    ECE465_CO_ASSIGN(const auto source, open_input(job_.input, options().stop));
    report_.bytes_in = source->size();
    shared_->progress.started(index_, source->name(), source->size());
    if (const auto image = image::open_image(*source, {}); !image) co_return about(report_.input, image.error());
    std::unique_ptr<OutputFile> sink;
    if (options().wait) {
      ECE465_CO_ASSIGN(sink, open_output(job_, options().force));
    }
    ECE465_CO_ASSIGN(const image::Format format, output_format(job_, *source));

    ECE465_CO_TRY(co_await contact());
    ECE465_CO_TRY(co_await begin(*source, format));
    if (!options().wait) co_return Result<void>{};
    ECE465_CO_TRY(co_await wait_for_job());
    ECE465_CO_TRY(co_await fetch(*sink));
    if (job_.output == kDash) co_return sink->copy_to(options().stdout_descriptor, "standard output");
    co_return sink->commit();
  }

  /// Contacts the master for the first time, without retries: a wrong address is reported at once.
  net::Task<Result<void>> contact() {
    if (shared_->contacted) co_return Result<void>{};
    interruptible_ = true;
    const auto status = co_await api_.hello();
    if (!status) co_return std::unexpected(status.error());
    shared_->contacted = true;
    co_return check_running();
  }

  /// Uploads the file and starts a job.
  net::Task<Result<void>> begin(const ByteSource& source, image::Format format) {
    std::string tag = options().remove ? random_tag() : std::string();
    for (int i = 0; i < kAttempts; ++i) {
      const std::string wanted = shared_->names.take(job_.input, format, tag);
      ECE465_CO_TRY(co_await upload(source, wanted));
      interruptible_ = false;
      const std::function<net::Task<Result<MasterClient::Started>>()> attempt = [this] {
        return api_.start(report_.name, options().channels, options().quality);
      };
      ECE465_CO_ASSIGN(auto started, co_await with_retries(attempt));
      if (!started.existing) {
        report_.job = std::move(started.job);
        co_return Result<void>{};
      }
      // A job on a file of that name was running already, of another image: use a unique name.
      tag = random_tag();
      ECE465_CO_TRY(check_running());
    }
    co_return fail_on(report_.input, Errc::io, "the master has running jobs on other files of that name");
  }

  net::Task<Result<void>> upload(const ByteSource& source, const std::string& name) {
    interruptible_ = true;
    const auto start = Clock::now();
    const std::function<net::Task<Result<std::string>>()> attempt = [&] {
      return api_.upload(name, source, [this](std::uint64_t done, std::uint64_t total) {
        const double fraction = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
        show_progress(0.4 * fraction, fmt::format("upload {:.0f}%", fraction * 100));
      });
    };
    ECE465_CO_ASSIGN(report_.name, co_await with_retries(attempt));
    report_.upload = Clock::now() - start;
    co_return check_running();
  }

  /// Polls the job until it has ended.
  net::Task<Result<void>> wait_for_job() {
    auto pause = kFirstPoll;
    while (!has_ended(report_.job->state)) {
      const RemoteJob& job = *report_.job;
      show_progress(0.4 + 0.5 * job.progress, fmt::format("{} {:.0f}%", printable(job.phase), job.progress * 100));
      ECE465_CO_TRY(check_running());
      co_await shared_->wake.wait(pause);
      ECE465_CO_TRY(check_running());
      pause = std::min(pause * 3 / 2, kLongestPoll);
      interruptible_ = true;
      const std::function<net::Task<Result<RemoteJob>>()> ask = [this] { return api_.job(report_.job->id); };
      ECE465_CO_ASSIGN(report_.job, co_await with_retries(ask));
    }
    const RemoteJob& job = *report_.job;
    if (job.state == RemoteState::failed) {
      co_return fail_on(report_.input, Errc::bad_input, "the master failed: {}", job.error ? job.error->message : "");
    }
    if (job.state == RemoteState::cancelled) {
      co_return fail_on(report_.input, Errc::io, "{} was cancelled on the master", job.id);
    }
    co_return Result<void>{};
  }

  net::Task<Result<void>> fetch(OutputFile& sink) {
    interruptible_ = true;
    const auto start = Clock::now();
    const std::function<net::Task<Result<std::uint64_t>>()> attempt = [&] {
      return api_.download(report_.job->result, sink, [this](std::uint64_t done, std::uint64_t) {
        // The size of the result is unknown; it is about that of the input.
        const double fraction = static_cast<double>(done) / static_cast<double>(std::max(done, report_.bytes_in));
        show_progress(0.9 + 0.1 * fraction, "download " + format_bytes(done));
      });
    };
    ECE465_CO_ASSIGN(report_.bytes_out, co_await with_retries(attempt));
    report_.download = Clock::now() - start;
    ECE465_CO_ASSIGN(const std::uint64_t written, sink.size());
    if (written != report_.bytes_out) {
      co_return fail_on(report_.input, Errc::io, "the result changed while it was downloaded");
    }
    co_return check_running();
  }

  /// Retries for a while if the master cannot be reached: it may be restarting.
  template <class T>
  net::Task<Result<T>> with_retries(const std::function<net::Task<Result<T>>()>& attempt) {
    const auto deadline = Clock::now() + options().timeout;
    auto pause = kFirstPoll;
    for (;;) {
      auto result = co_await attempt();
      if (result) co_return result;
      const bool again = is_lost(result.error()) && check_running() && Clock::now() < deadline;
      if (!again) co_return about_input(std::move(result).error());
      co_await shared_->wake.wait(pause);
      pause = std::min(pause * 2, kLongestPause);
      ECE465_CO_TRY(check_running());
    }
  }

  /// Makes the input the subject of an error.
  [[nodiscard]] std::unexpected<Error> about_input(Error error) const {
    if (is_lost(error)) return std::unexpected(std::move(error));
    error.subject.clear();  // it is the file's name on the master
    return about(report_.input, std::move(error));
  }

  /// Cancels a job that is not waited for any more, and deletes files with --remove.
  net::Task<void> clean_up() {
    interruptible_ = false;
    if (shared_->lost) co_return;
    const bool started = report_.job && !has_ended(report_.job->state);
    if (shared_->stopping && started && options().wait) {
      if (const auto done = co_await api_.cancel(report_.job->id); !done) note(done.error());
    }
    if (options().remove && !report_.name.empty()) {
      if (const auto done = co_await api_.remove(report_.name); !done) note(done.error());
    }
  }

  void note(const Error& error) {
    report_.notes.push_back(fmt::format("{} is still on the master: {}", report_.name, error.text()));
  }

  void show_progress(double fraction, std::string activity) {
    constexpr std::size_t kWhole = 1000;
    shared_->progress.set_activity(index_, std::move(activity));
    shared_->progress.moved(index_, static_cast<std::size_t>(fraction * kWhole), kWhole);
  }

  const Job& job_;
  std::size_t index_;
  MasterClient& api_;
  std::shared_ptr<Shared> shared_;  // shared: coroutine frames left behind by a stop outlive the run
  SubmittedFile& report_;
  bool interruptible_ = false;
};

/// The whole run: a few lanes, each with its own connection, process one file after the other.
class SubmitRun {
 public:
  SubmitRun(const std::vector<Job>& jobs, const SubmitOptions& options, Progress& progress,
            const std::function<void(SubmittedFile&&)>& report)
      : jobs_(jobs),
        options_(options),
        progress_(progress),
        stop_timer_(context_),
        shared_(std::make_shared<Shared>(options, progress, context_)),
        reported_(jobs.size()),
        in_order_(jobs.size(), report) {}

  void run() {
    lanes_ = std::min<std::size_t>(std::max(1U, options_.at_once), jobs_.size());
    for (std::size_t i = lanes_; i > 0; --i) {
      asio::co_spawn(context_, lane(), [this](const std::exception_ptr& error) {
        if (--lanes_ == 0) stop_timer_.cancel();
        if (error) std::rethrow_exception(error);  // from a library; main catches it
      });
    }
    const std::stop_callback stopper(options_.stop, [this] { asio::post(context_, [this] { interrupt(); }); });
    context_.run();
    // Files that had not ended when the stop limit expired.
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (reported_[i]) continue;
      SubmittedFile file = begin_report(jobs_[i]);
      file.error = Error{Errc::cancelled, "interrupted", file.input};
      finish(i, std::move(file));
    }
  }

 private:
  [[nodiscard]] static SubmittedFile begin_report(const Job& job) {
    SubmittedFile file;
    file.input = job.input == kDash ? "standard input" : job.input.string();
    return file;
  }

  net::Task<void> lane() {
    MasterClient api(options_.url, options_.timeout);
    while (next_ < jobs_.size()) {
      const std::size_t index = next_++;
      const Job& job = jobs_[index];
      SubmittedFile file = begin_report(job);
      const auto start = Clock::now();
      {
        FileSubmission submission(job, index, api, shared_, file);
        if (auto done = co_await submission.run(); !done) {
          file.error = std::move(done).error();
          if (is_lost(*file.error) && !shared_->lost) shared_->lost = file.error;
        }
      }
      if (!file.error && options_.wait) file.output = job.output == kDash ? "standard output" : job.output.string();
      file.duration = Clock::now() - start;
      finish(index, std::move(file));
    }
  }

  void finish(std::size_t index, SubmittedFile&& file) {
    progress_.finished(index);
    reported_[index] = true;
    in_order_.add(index, std::move(file));
  }

  void interrupt() {
    if (lanes_ == 0) return;
    shared_->stopping = true;
    shared_->wake.notify();
    for (FileSubmission* submission : shared_->active) submission->interrupt();
    stop_timer_.expires_after(kStopLimit);
    stop_timer_.async_wait([this](const asio::error_code& code) {
      if (!code) context_.stop();
    });
  }

  const std::vector<Job>& jobs_;
  const SubmitOptions& options_;
  Progress& progress_;
  asio::io_context context_{1};
  asio::steady_timer stop_timer_;
  std::shared_ptr<Shared> shared_;
  std::size_t next_ = 0, lanes_ = 0;
  std::vector<bool> reported_;
  InOrder<SubmittedFile> in_order_;
};

}  // namespace

void submit_files(const std::vector<Job>& jobs, const SubmitOptions& options, Progress& progress,
                  const std::function<void(SubmittedFile&&)>& report) {
  SubmitRun(jobs, options, progress, report).run();
}

}  // namespace ece465::cli
