#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "ece465/base/bytes.hpp"
#include "ece465/wire/message.hpp"
#include "worker/buffer_pool.hpp"

namespace ece465::cluster {

/// A request that was read whole, and what comes of it. One thread at a time has it: the loop, then one of the
/// pool, then the loop again; only the stage is for both.
class Work {
 public:
  /// `request` is a CALC_HIST, an APPLY_CDF or a MAP. `checksums`: both sides agreed on them.
  Work(wire::Message request, wire::Dialect dialect, bool checksums)
      : request_(std::move(request)), dialect_(dialect), checksums_(checksums) {}

  [[nodiscard]] const wire::Message& request() const { return request_; }
  [[nodiscard]] wire::Dialect dialect() const { return dialect_; }

  /// What followed the request: its table, if it came along, then the samples. Kept samples of an earlier request
  /// are put in their place.
  Buffer body;
  /// The table that the request named, or that came apart from the samples.
  std::shared_ptr<const Buffer> table;
  std::uint64_t credit_bytes = 0;  ///< what it counts for until it is answered
  std::uint64_t kept_bytes = 0;    ///< what of the room for kept samples it gives up then

  /// Who comes first, the one that begins it or the one that forbids that; false: too late.
  [[nodiscard]] bool begin() { return advance(Stage::begun); }
  [[nodiscard]] bool drop() { return advance(Stage::dropped); }
  [[nodiscard]] bool dropped() const { return stage_ == Stage::dropped; }

  /// Makes an ERROR the answer, in place of `run`.
  void refuse(wire::ErrorCode code, std::string text);
  /// Does what the request asks for, on any thread. Results are written over the samples. Never fails: what goes
  /// wrong is told in the answer.
  void run() noexcept;

  /// The answer: a header and what belongs to it, before `payload`.
  [[nodiscard]] const std::string& answer() const { return answer_; }
  /// The mapped samples, or the result of a MAP, that follow it; empty when there are none.
  [[nodiscard]] Bytes payload() const;
  /// Could not be done: the answer is an ERROR, which older dialects do not have; their answer is empty then.
  [[nodiscard]] bool failed() const { return failed_; }
  /// The words of a failure, for logs.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

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
  std::string trouble_;
  bool mapped_ = false;
  bool failed_ = false;
};

/// Which task a CALC_HIST, APPLY_CDF or MAP is; any other message is none and must not be asked.
[[nodiscard]] wire::TaskId task_of(const wire::Message& request);
/// What a request is called in the course dialect; empty when it is not called anything.
[[nodiscard]] std::string_view job_of(const wire::Message& request);

/// The ERROR that answers a request of ECE465/2.
[[nodiscard]] std::string error_line(wire::ErrorCode code, wire::TaskId task, std::string text);

}  // namespace ece465::cluster
