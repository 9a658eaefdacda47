#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "ece465/base/bytes.hpp"
#include "ece465/wire/message.hpp"

namespace ece465::cluster {

/// A request that has been read completely, and its answer. One thread at a time owns it: the loop's, then one of the
/// pool, then the loop's again. Only the stage is shared.
class WorkItem {
 public:
  /// `request` is a CALC_HIST, an APPLY_CDF or a MAP. `checksums`: both sides have agreed on them.
  WorkItem(wire::Message request, wire::Dialect dialect, bool checksums)
      : request_(std::move(request)), dialect_(dialect), checksums_(checksums) {}

  [[nodiscard]] const wire::Message& request() const { return request_; }
  [[nodiscard]] wire::Dialect dialect() const { return dialect_; }

  /// The request's body: its table, if it brought one, then the samples. Cached samples are put here.
  Buffer body;
  /// The table, if it did not come together with the samples.
  std::shared_ptr<const Buffer> table;
  std::uint64_t credit_bytes = 0;  ///< credit that it uses until it is answered
  std::uint64_t kept_bytes = 0;    ///< reservation in the cache that it ends then

  /// Whichever of these is called first wins; the other returns false.
  [[nodiscard]] bool begin() { return advance(Stage::begun); }
  [[nodiscard]] bool drop() { return advance(Stage::dropped); }
  [[nodiscard]] bool dropped() const { return stage_ == Stage::dropped; }

  /// Makes an ERROR the answer, instead of calling `run`.
  void refuse(wire::ErrorCode code, std::string text);
  /// Does the work, on any thread. Results overwrite the samples. Failures become an ERROR as the answer.
  void run() noexcept;

  /// The answer's header and, for counts, its body; `payload` follows it.
  [[nodiscard]] const std::string& answer() const { return answer_; }
  /// The mapped samples or the result of a MAP; empty if there is none.
  [[nodiscard]] Bytes payload() const;
  /// The answer is an ERROR. Older dialects have none, so their answer is empty then.
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  enum class Stage : std::uint8_t { waiting, begun, dropped };
  bool advance(Stage to) {
    Stage from = Stage::waiting;
    return stage_.compare_exchange_strong(from, to);
  }
  [[nodiscard]] std::size_t samples_begin() const;
  [[nodiscard]] Bytes samples() const { return body.span().subspan(samples_begin()); }
  void count(const wire::CalcHist& request);
  void apply(const wire::ApplyCdf& request);
  void map(const wire::Map& request);

  wire::Message request_;
  wire::Dialect dialect_;
  bool checksums_;
  std::atomic<Stage> stage_{Stage::waiting};
  std::string answer_;
  std::string result_;  // of a MAP
  std::string failure_;
  bool mapped_ = false;
  bool failed_ = false;
};

/// The task id of a CALC_HIST, APPLY_CDF or MAP. No other message may be passed.
[[nodiscard]] wire::TaskId task_of(const wire::Message& request);
/// The request's name in the course dialect, or empty.
[[nodiscard]] std::string_view job_of(const wire::Message& request);

/// The ERROR that answers a request of ECE465/2.
[[nodiscard]] std::string error_line(wire::ErrorCode code, wire::TaskId task, std::string text);

}  // namespace ece465::cluster
