#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ece465/mapreduce/types.hpp"
#include "model/job.hpp"

namespace ece465::cluster {

/// Bounds a job's timelines.
struct TimelineLimits {
  /// Strips per page and pages per job. A strip is about a megabyte of pixels; only hostile files have many small ones.
  std::size_t strips = 10'000;
  std::size_t pages = 64;
  /// Entries per page: a few per strip, 20 bytes each.
  std::size_t entries = 50'000;
};

/// The events of one page's strips, in order: which worker got which strip, which answered, which were lost. The web
/// page animates them (/api/v1/jobs/{id}/timeline). On the loop's thread.
///
/// Bounded: records only the first strips of a very large page, and stops at a number of entries.
class Timeline {
 public:
  using Clock = std::chrono::steady_clock;

  enum class Kind : std::uint8_t {
    phase,    ///< the page enters a phase
    ready,    ///< strips below `strip` can be read
    sent,     ///< a strip is assigned to a worker
    done,     ///< the strip's first valid answer is merged
    missed,   ///< an attempt failed
    written,  ///< the strip is in the result
    gone,     ///< a worker that took part in the page has disconnected
  };
  /// Why an attempt failed.
  enum class Reason : std::uint8_t { none, lost, invalid_result, failed, not_kept };

  struct Entry {
    float seconds = 0;  ///< since the page began
    Kind kind = Kind::phase;
    Reason reason = Reason::none;
    JobPhase phase = JobPhase::queued;
    bool kept = false;  ///< sent without samples, which the worker has cached
    std::uint16_t worker = 0;
    std::uint32_t strip = 0;
  };
  struct Strip {
    std::uint32_t plane = 0, first_row = 0, rows = 0, first_column = 0, columns = 0;
    std::uint64_t bytes = 0;
  };

  explicit Timeline(std::vector<Strip> strips, const TimelineLimits& limits = {});

  void phase(JobPhase phase);
  void ready(std::uint32_t strips);
  void sent(mapreduce::AttemptId attempt, std::uint32_t strip, std::string_view worker, bool kept);
  void done(std::uint32_t strip, std::string_view worker);
  void missed(mapreduce::AttemptId attempt, Reason reason);
  void written(std::uint32_t strip);
  /// Also records the open attempts of the worker as missed.
  void gone(std::string_view worker);
  /// Stops the clock; later events are ignored.
  void end();

  [[nodiscard]] const std::vector<Strip>& strips() const { return strips_; }
  /// Including those that are not recorded.
  [[nodiscard]] std::size_t strips_total() const { return strips_total_; }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] const std::string& worker(const Entry& entry) const { return workers_[entry.worker]; }
  [[nodiscard]] double seconds() const;
  [[nodiscard]] bool ended() const { return ended_ >= 0; }
  /// Whether something was not recorded because of the limits.
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  void add(Entry entry);
  /// Whether this strip is recorded.
  [[nodiscard]] bool records(std::uint32_t strip) const { return strip < strips_.size(); }
  [[nodiscard]] std::uint16_t index_of(std::string_view worker);

  Clock::time_point began_ = Clock::now();
  std::vector<Strip> strips_;
  std::size_t strips_total_;
  std::size_t max_entries_;
  std::vector<Entry> entries_;
  std::vector<std::string> workers_;
  struct Open {
    mapreduce::AttemptId attempt;
    std::uint16_t worker = 0;
  };
  std::unordered_map<std::uint32_t, std::vector<Open>> open_;  // by strip: attempts that may still be answered
  JobPhase phase_ = JobPhase::queued;
  double ended_ = -1;
  bool cut_ = false;
};

/// The timelines of a job's first pages.
class JobTimeline {
 public:
  explicit JobTimeline(const TimelineLimits& limits = {}) : limits_(limits) {}

  /// Starts a page's timeline. It is shared, because a job may be deleted while a client reads it.
  std::shared_ptr<Timeline> begin_page(std::size_t page, std::vector<Timeline::Strip> strips);
  /// A page's timeline. Null before the page begins, and beyond the limit.
  [[nodiscard]] std::shared_ptr<const Timeline> page(std::size_t page) const;

 private:
  TimelineLimits limits_;
  std::vector<std::shared_ptr<Timeline>> pages_;
};

/// "phase", "ready", ...
[[nodiscard]] std::string_view event_name(Timeline::Kind kind);
/// "lost", "lie", "failed", "not_kept"; "" for none.
[[nodiscard]] std::string_view failure_reason_name(Timeline::Reason reason);

}  // namespace ece465::cluster
