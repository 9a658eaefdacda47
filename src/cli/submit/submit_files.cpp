#include "submit_files.hpp"

#include <algorithm>

#include "ece465/net/gate.hpp"
#include "equalize/equalize_files.hpp"
#include "common/in_order.hpp"
#include "common/master_client.hpp"
#include "common/files.hpp"
#include "remote_names.hpp"
#include "common/text.hpp"

namespace ece465::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A small image is done within one of the first waits; a large one is not asked after more than four times a second.
constexpr Clock::duration kFirstPoll = 20ms, kLongestPoll = 250ms;
// Between attempts to reach a master that is away.
constexpr Clock::duration kLongestPause = 1s;
// After a request to stop: to cancel what was started.
constexpr Clock::duration kLastWords = 3s;
constexpr int kAttempts = 5;

bool is_lost(const Error& error) { return error.code == Errc::unavailable || error.code == Errc::timeout; }

class FileSubmission;

/// What the files of a run share. One loop on one thread: no locks.
struct Shared {
  Shared(const SubmitOptions& o, Progress& p, asio::io_context& context)
      : options(o), progress(p), wake(context.get_executor()) {}

  const SubmitOptions& options;
  Progress& progress;
  net::Event wake;  ///< of those who wait only for time to pass
  RemoteNames names;
  std::vector<FileSubmission*> active;
  bool stopping = false;
  bool met = false;           ///< the master has answered once
  std::optional<Error> lost;  ///< why it cannot be reached: nothing more is begun
};

/// One file's way to the master and back.
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
    // A transfer that was ended by a request to stop has words of the network's.
    if (!done && shared_->stopping) done = fail_on(report_.input, Errc::cancelled, "interrupted");
    co_await clean_up();
    co_return done;
  }

  /// Ends what can be ended at once: transfers. The start of a job is not among that, or nobody could cancel it.
  void interrupt() {
    if (interruptible_) api_.close();
  }

 private:
  [[nodiscard]] const SubmitOptions& options() const { return shared_->options; }

  [[nodiscard]] Result<void> go_on() const {
    if (shared_->stopping) return fail_on(report_.input, Errc::cancelled, "interrupted");
    if (shared_->lost) return std::unexpected(*shared_->lost);
    return {};
  }

  net::Task<Result<void>> steps() {
    if (job_.refused) co_return std::unexpected(*job_.refused);
    ECE465_CO_TRY(go_on());
    // What is wrong here is found out before anything is sent; of an image, as far as its header tells.
    ECE465_CO_ASSIGN(const auto source, open_input(job_.input, options().stop));
    report_.bytes_in = source->size();
    shared_->progress.started(index_, source->name(), source->size());
    if (const auto image = image::open_image(*source, {}); !image) co_return about(report_.input, image.error());
    std::unique_ptr<OutputFile> sink;
    if (options().wait) {
      ECE465_CO_ASSIGN(sink, open_output(job_, options().force));
    }
    ECE465_CO_ASSIGN(const image::Format format, output_format(job_, *source));

    ECE465_CO_TRY(co_await meet());
    ECE465_CO_TRY(co_await begin(*source, format));
    if (!options().wait) co_return Result<void>{};
    ECE465_CO_TRY(co_await follow());
    ECE465_CO_TRY(co_await fetch(*sink));
    if (job_.output == kDash) co_return sink->copy_to(options().stdout_descriptor, "standard output");
    co_return sink->commit();
  }

  /// The first contact is not tried twice: a wrong address should be told of at once.
  net::Task<Result<void>> meet() {
    if (shared_->met) co_return Result<void>{};
    interruptible_ = true;
    const auto status = co_await api_.hello();
    if (!status) co_return std::unexpected(status.error());
    shared_->met = true;
    co_return go_on();
  }

  /// Uploads and starts a job.
  net::Task<Result<void>> begin(const ByteSource& source, image::Format format) {
    std::string tag = options().remove ? random_tag() : std::string();
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const std::string wanted = shared_->names.take(job_.input, format, tag);
      ECE465_CO_TRY(co_await upload(source, wanted));
      interruptible_ = false;
      const std::function<net::Task<Result<MasterClient::Started>>()> start = [this] {
        return api_.start(report_.name, options().channels, options().quality);
      };
      ECE465_CO_ASSIGN(auto started, co_await patiently(start));
      if (!started.existing) {
        report_.job = std::move(started.job);
        co_return Result<void>{};
      }
      // A job on a file of that name was running already: somebody else's, of another picture. Ours takes a name that
      // nobody has.
      tag = random_tag();
      ECE465_CO_TRY(go_on());
    }
    co_return fail_on(report_.input, Errc::io, "the master is busy with other files of that name");
  }

  net::Task<Result<void>> upload(const ByteSource& source, const std::string& name) {
    interruptible_ = true;
    const auto begun = Clock::now();
    const std::function<net::Task<Result<std::string>>()> attempt = [&] {
      return api_.upload(name, source, [this](std::uint64_t done, std::uint64_t total) {
        const double fraction = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
        tell(0.4 * fraction, fmt::format("upload {:.0f}%", fraction * 100));
      });
    };
    ECE465_CO_ASSIGN(report_.name, co_await patiently(attempt));
    report_.upload = Clock::now() - begun;
    co_return go_on();
  }

  /// Asks after the job until it has ended.
  net::Task<Result<void>> follow() {
    auto pause = kFirstPoll;
    while (!has_ended(report_.job->state)) {
      const RemoteJob& job = *report_.job;
      tell(0.4 + 0.5 * job.progress, fmt::format("{} {:.0f}%", printable(job.phase), job.progress * 100));
      ECE465_CO_TRY(go_on());
      co_await shared_->wake.wait(pause);
      ECE465_CO_TRY(go_on());
      pause = std::min(pause * 3 / 2, kLongestPoll);
      interruptible_ = true;
      const std::function<net::Task<Result<RemoteJob>>()> ask = [this] { return api_.job(report_.job->id); };
      ECE465_CO_ASSIGN(report_.job, co_await patiently(ask));
    }
    const RemoteJob& job = *report_.job;
    if (job.state == RemoteState::failed) {
      co_return fail_on(report_.input, Errc::bad_input, "the master failed: {}", job.error ? job.error->message : "");
    }
    if (job.state == RemoteState::cancelled) {
      co_return fail_on(report_.input, Errc::io, "somebody cancelled {} on the master", job.id);
    }
    co_return Result<void>{};
  }

  net::Task<Result<void>> fetch(OutputFile& sink) {
    interruptible_ = true;
    const auto begun = Clock::now();
    const std::function<net::Task<Result<std::uint64_t>>()> attempt = [&] {
      return api_.download(report_.job->result, sink, [this](std::uint64_t done, std::uint64_t) {
        // The result's size is not known; about that of the input.
        const double fraction = static_cast<double>(done) / static_cast<double>(std::max(done, report_.bytes_in));
        tell(0.9 + 0.1 * fraction, "download " + format_bytes(done));
      });
    };
    ECE465_CO_ASSIGN(report_.bytes_out, co_await patiently(attempt));
    report_.download = Clock::now() - begun;
    ECE465_CO_ASSIGN(const std::uint64_t written, sink.size());
    if (written != report_.bytes_out) {
      co_return fail_on(report_.input, Errc::io, "the result changed while it was downloaded");
    }
    co_return go_on();
  }

  /// Tries again for a while when the master is away, as it is while it is restarted.
  template <class T>
  net::Task<Result<T>> patiently(const std::function<net::Task<Result<T>>()>& attempt) {
    const auto give_up = Clock::now() + options().patience;
    auto pause = kFirstPoll;
    for (;;) {
      auto result = co_await attempt();
      if (result) co_return result;
      const bool again = is_lost(result.error()) && go_on() && Clock::now() < give_up;
      if (!again) co_return named(std::move(result).error());
      co_await shared_->wake.wait(pause);
      pause = std::min(pause * 2, kLongestPause);
      ECE465_CO_TRY(go_on());
    }
  }

  /// Which file a refusal is about.
  [[nodiscard]] std::unexpected<Error> named(Error error) const {
    if (is_lost(error)) return std::unexpected(std::move(error));
    error.subject.clear();  // the master's name for the file
    return about(report_.input, std::move(error));
  }

  /// Cancels a job that nobody will wait for, and takes away what is not to stay.
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

  void tell(double fraction, std::string words) {
    constexpr std::size_t kWhole = 1000;
    shared_->progress.doing(index_, std::move(words));
    shared_->progress.moved(index_, static_cast<std::size_t>(fraction * kWhole), kWhole);
  }

  const Job& job_;
  std::size_t index_;
  MasterClient& api_;
  std::shared_ptr<Shared> shared_;  // shared: a frame that is left behind by a stop outlives the run
  SubmittedFile& report_;
  bool interruptible_ = false;
};

/// The whole run: a few lanes, each with a connection of its own, take one file after the other.
class SubmitRun {
 public:
  SubmitRun(const std::vector<Job>& jobs, const SubmitOptions& options, Progress& progress,
            const std::function<void(SubmittedFile&&)>& report)
      : jobs_(jobs),
        options_(options),
        progress_(progress),
        last_words_(context_),
        shared_(std::make_shared<Shared>(options, progress, context_)),
        told_(jobs.size()),
        in_order_(jobs.size(), report) {}

  void run() {
    lanes_ = std::min<std::size_t>(std::max(1U, options_.at_once), jobs_.size());
    for (std::size_t i = lanes_; i > 0; --i) {
      asio::co_spawn(context_, lane(), [this](const std::exception_ptr& error) {
        if (--lanes_ == 0) last_words_.cancel();
        if (error) std::rethrow_exception(error);  // a library's; to main
      });
    }
    const std::stop_callback stopper(options_.stop, [this] { asio::post(context_, [this] { interrupt(); }); });
    context_.run();
    // Those that had not even ended when the time for last words had.
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (told_[i]) continue;
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
    MasterClient api(options_.url, options_.patience);
    while (next_ < jobs_.size()) {
      const std::size_t index = next_++;
      const Job& job = jobs_[index];
      SubmittedFile file = begin_report(job);
      const auto begun = Clock::now();
      {
        FileSubmission submission(job, index, api, shared_, file);
        if (auto done = co_await submission.run(); !done) {
          file.error = std::move(done).error();
          if (is_lost(*file.error) && !shared_->lost) shared_->lost = file.error;
        }
      }
      if (!file.error && options_.wait) file.output = job.output == kDash ? "standard output" : job.output.string();
      file.duration = Clock::now() - begun;
      finish(index, std::move(file));
    }
  }

  void finish(std::size_t index, SubmittedFile&& file) {
    progress_.finished(index);
    told_[index] = true;
    in_order_.add(index, std::move(file));
  }

  void interrupt() {
    if (lanes_ == 0) return;
    shared_->stopping = true;
    shared_->wake.notify();
    for (FileSubmission* submission : shared_->active) submission->interrupt();
    last_words_.expires_after(kLastWords);
    last_words_.async_wait([this](const asio::error_code& code) {
      if (!code) context_.stop();
    });
  }

  const std::vector<Job>& jobs_;
  const SubmitOptions& options_;
  Progress& progress_;
  asio::io_context context_{1};
  asio::steady_timer last_words_;
  std::shared_ptr<Shared> shared_;
  std::size_t next_ = 0, lanes_ = 0;
  std::vector<bool> told_;
  InOrder<SubmittedFile> in_order_;
};

}  // namespace

void submit_files(const std::vector<Job>& jobs, const SubmitOptions& options, Progress& progress,
                  const std::function<void(SubmittedFile&&)>& report) {
  SubmitRun(jobs, options, progress, report).run();
}

}  // namespace ece465::cli
