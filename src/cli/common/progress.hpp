#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "console.hpp"

namespace ece465::cli {

/// What a progress line shows.
struct ProgressState {
  std::size_t files = 0, files_done = 0;
  std::uint64_t bytes = 0;  ///< of all inputs together
  double bytes_done = 0;
  std::chrono::nanoseconds elapsed{};
  std::string name{};        ///< of the file in progress, the first of them
  double name_fraction = 0;  ///< how much of it is done
  std::string activity{};    ///< "map 40%"; empty if there is only one
};

/// "[######----]", or the same in blocks; `columns` without the ends.
[[nodiscard]] std::string progress_bar(double fraction, std::size_t columns, bool unicode);

/// "[######----]  62%  124/300 files  310 MB/s  ETA 3 s  scan_017.tif 40%", no wider than `width`. Parts that do not
/// fit are omitted from the right, so that bar and percentage stay.
[[nodiscard]] std::string progress_line(const ProgressState& state, std::size_t width, bool unicode,
                                        const Paint& paint);

/// A progress line on standard error, for as long as this lives. It appears only if the work takes a while, is redrawn
/// a few times a second by the callers that report progress, and disappears at the end. Thread-safe.
class Progress {
 public:
  /// `bytes`: of all inputs together. Nothing is shown unless `wanted`, and if the console cannot show it.
  Progress(Console& console, std::size_t files, std::uint64_t bytes, bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  [[nodiscard]] bool active() const { return active_; }
  void started(std::size_t file, std::string name, std::uint64_t bytes);
  void moved(std::size_t file, std::size_t done, std::size_t total);
  /// Shows the current activity with a file: "map 40%".
  void set_activity(std::size_t file, std::string activity);
  void finished(std::size_t file);

 private:
  using Clock = std::chrono::steady_clock;
  struct Running {
    std::size_t file;
    std::string name;
    std::uint64_t bytes;
    double fraction = 0;
    std::string activity;
  };

  void draw_if_due_locked();

  Console& console_;
  bool active_;
  Clock::time_point start_, next_draw_;
  std::mutex mutex_;  // guards what follows
  ProgressState state_;
  double finished_bytes_ = 0;
  std::vector<Running> running_;
};

}  // namespace ece465::cli
