#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "ece465/base/seconds.hpp"
#include "text.hpp"

namespace ece465::cli {
namespace {

using namespace std::chrono_literals;
constexpr auto kDelay = 400ms;  // shorter work needs no bar
constexpr auto kInterval = 100ms;
constexpr std::size_t kBarColumns = 24;

std::string remaining_time(double fraction, std::chrono::nanoseconds elapsed) {
  if (fraction < 0.01) return "ETA ?";
  const double left = seconds(elapsed) * (1 - fraction) / fraction;
  const std::chrono::seconds whole(static_cast<std::int64_t>(std::min(left, 3e8) + 0.999));
  return "ETA " + (whole < 60s ? fmt::format("{} s", whole.count()) : format_duration(whole));
}

}  // namespace

std::string progress_bar(double fraction, std::size_t columns, bool unicode) {
  if (!unicode) {
    const auto full = static_cast<std::size_t>(fraction * static_cast<double>(columns));
    return fmt::format("[{:#<{}}{:-<{}}]", "", full, "", columns - full);
  }
  // Eighths of a block, so that it moves smoothly.
  constexpr std::array<std::string_view, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(fraction * static_cast<double>(columns * 8));
  std::string out = "▕";
  for (std::size_t i = 0; i < eighths / 8; ++i) out += "█";
  if (eighths < columns * 8) out += kEighths[eighths % 8];
  const std::size_t used = eighths / 8 + (eighths % 8 != 0 && eighths < columns * 8 ? 1 : 0);
  return out + std::string(columns - used, ' ') + "▏";
}

std::string progress_line(const ProgressState& state, std::size_t width, bool unicode, const Paint& paint) {
  const double fraction =
      std::clamp(state.bytes == 0 ? 0.0 : state.bytes_done / static_cast<double>(state.bytes), 0.0, 1.0);
  // Some terminals wrap when the last column is written.
  const std::size_t max_width = width > 1 ? width - 1 : 1;
  const std::string percent = fmt::format("{:3.0f}%", fraction * 100);
  const std::size_t columns = std::min(kBarColumns, max_width > 40 ? (max_width - 8) / 3 : 8);
  std::string line = progress_bar(fraction, columns, unicode);
  if (display_width(line) + 1 + percent.size() > max_width) return elide(percent, max_width);
  std::size_t used = display_width(line) + 1 + percent.size();
  line = paint.cyan(line) + " " + percent;

  std::vector<std::string> parts;
  if (state.files > 1) parts.push_back(fmt::format("{}/{} files", state.files_done, state.files));
  const double seconds = std::chrono::duration<double>(state.elapsed).count();
  if (seconds > 0) parts.push_back(format_bytes(static_cast<std::uint64_t>(state.bytes_done / seconds)) + "/s");
  parts.push_back(remaining_time(fraction, state.elapsed));
  for (const auto& part : parts) {
    if (used + 2 + part.size() > max_width) return line;
    line += "  " + part;
    used += 2 + part.size();
  }
  std::string share = state.files > 1 ? fmt::format(" {:.0f}%", state.name_fraction * 100) : "";
  if (!state.activity.empty()) share = "  " + state.activity;
  constexpr std::size_t kMinNameColumns = 8;
  if (state.name.empty() || used + 2 + kMinNameColumns + share.size() > max_width) return line;
  return line + "  " + paint.dim(elide(printable(state.name), max_width - used - 2 - share.size()) + share);
}

Progress::Progress(Console& console, std::size_t files, std::uint64_t bytes, bool wanted)
    : console_(console),
      active_(wanted && console.can_show_status()),
      start_(Clock::now()),
      next_draw_(start_ + kDelay) {
  state_.files = files;
  state_.bytes = bytes;
}

Progress::~Progress() {
  if (active_) console_.show_status({});
}

void Progress::started(std::size_t file, std::string name, std::uint64_t bytes) {
  if (!active_) return;
  const std::scoped_lock lock(mutex_);
  state_.bytes = std::max(state_.bytes, bytes);  // standard input's size was not known before
  running_.push_back({file, std::move(name), bytes, 0, {}});
  draw_if_due_locked();
}

void Progress::moved(std::size_t file, std::size_t done, std::size_t total) {
  if (!active_) return;
  // Threads report every block: skip a report rather than wait for the lock.
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;
  const auto at = std::ranges::find(running_, file, &Running::file);
  if (at != running_.end() && total > 0) {
    at->fraction = std::max(at->fraction, static_cast<double>(done) / static_cast<double>(total));
  }
  draw_if_due_locked();
}

void Progress::set_activity(std::size_t file, std::string activity) {
  if (!active_) return;
  const std::scoped_lock lock(mutex_);
  const auto at = std::ranges::find(running_, file, &Running::file);
  if (at != running_.end()) at->activity = std::move(activity);
  draw_if_due_locked();
}

void Progress::finished(std::size_t file) {
  if (!active_) return;
  const std::scoped_lock lock(mutex_);
  const auto at = std::ranges::find(running_, file, &Running::file);
  if (at == running_.end()) return;
  finished_bytes_ += static_cast<double>(at->bytes);
  running_.erase(at);
  ++state_.files_done;
  draw_if_due_locked();
}

void Progress::draw_if_due_locked() {
  const auto now = Clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + kInterval;
  state_.elapsed = now - start_;
  state_.bytes_done = finished_bytes_;
  for (const auto& file : running_) state_.bytes_done += file.fraction * static_cast<double>(file.bytes);
  state_.name = running_.empty() ? std::string() : running_.front().name;
  state_.name_fraction = running_.empty() ? 0 : running_.front().fraction;
  state_.activity = running_.empty() ? std::string() : running_.front().activity;
  console_.show_status(progress_line(state_, console_.err_width(), console_.unicode(), console_.err_paint()));
}

}  // namespace ece465::cli
