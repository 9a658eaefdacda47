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
  std::string name{};        ///< of the file that is being worked on, the first of them
  double name_fraction = 0;  ///< how far it is
  std::string doing{};       ///< what is being done with it, where that is more than one thing: "map 40%"
};

/// "[######----]", or the same in blocks; `columns` without the ends.
[[nodiscard]] std::string progress_bar(double fraction, std::size_t columns, bool unicode);

/// "[######----]  62%  124/300 files  310 MB/s  ETA 3 s  scan_017.tif 40%", no wider than `width`. What does not
/// fit is left out from the right, so that bar and percentage stay.
[[nodiscard]] std::string progress_line(const ProgressState& state, std::size_t width, bool unicode,
                                        const Paint& paint);

/// A progress line on standard error, for as long as this lives. It shows up only when work lasts, is redrawn a
/// few times a second by whoever reports progress, and takes itself away. Thread-safe.
class Progress {
 public:
  /// `bytes`: of all inputs together. `wanted`: false keeps it silent, as a console that cannot show it does.
  Progress(Console& console, std::size_t files, std::uint64_t bytes, bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  [[nodiscard]] bool active() const { return active_; }
  void started(std::size_t file, std::string name, std::uint64_t bytes);
  void moved(std::size_t file, std::size_t done, std::size_t total);
  /// Says what is being done with a file: "map 40%".
  void doing(std::size_t file, std::string words);
  void finished(std::size_t file);

 private:
  using Clock = std::chrono::steady_clock;
  struct Running {
    std::size_t file;
    std::string name;
    std::uint64_t bytes;
    double fraction = 0;
    std::string doing;
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
