#include "status_table.hpp"

#include <algorithm>
#include <numeric>

#include "common/progress.hpp"
#include "common/text.hpp"
#include "submit/submit_report.hpp"

namespace ece465::cli {
namespace {

constexpr std::size_t kGap = 2;

/// Widths of all columns, shrunk until they fit.
class TableLayout {
 public:
  TableLayout(std::vector<Column>& columns, std::vector<std::vector<Cell>>& rows, std::size_t max_width)
      : columns_(columns), rows_(rows), max_width_(max_width) {
    measure();
    while (total() > max_width_ && (shrink() || drop())) {
    }
  }
  [[nodiscard]] const std::vector<std::size_t>& widths() const { return widths_; }

 private:
  void measure() {
    widths_.clear();
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      std::size_t width = display_width(columns_[c].title);
      for (const auto& row : rows_) width = std::max(width, display_width(row[c].text));
      widths_.push_back(width);
    }
  }
  [[nodiscard]] std::size_t total() const {
    return std::accumulate(widths_.begin(), widths_.end(), std::size_t{0}) + kGap * (widths_.size() - 1);
  }

  /// Shortens the widest elastic column by one; false if none can be shortened.
  bool shrink() {
    std::optional<std::size_t> widest;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (!columns_[c].elastic || widths_[c] <= columns_[c].min_width) continue;
      if (!widest || widths_[c] > widths_[*widest]) widest = c;
    }
    if (widest) --widths_[*widest];
    return widest.has_value();
  }

  /// Drops the column of the lowest priority; false if there is none.
  bool drop() {
    std::optional<std::size_t> lowest;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (columns_[c].priority == 0) continue;
      if (!lowest || columns_[c].priority < columns_[*lowest].priority) lowest = c;
    }
    if (!lowest) return false;
    const auto at = static_cast<std::ptrdiff_t>(*lowest);
    columns_.erase(columns_.begin() + at);
    for (auto& row : rows_) row.erase(row.begin() + at);
    measure();  // undoes the shortening, which was not enough
    return true;
  }

  std::vector<Column>& columns_;
  std::vector<std::vector<Cell>>& rows_;
  std::size_t max_width_;
  std::vector<std::size_t> widths_;
};

std::string table_line(const std::vector<Column>& columns, const std::vector<Cell>& cells,
                       const std::vector<std::size_t>& widths, const Paint& paint) {
  std::string line;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    std::string text = elide(cells[c].text, widths[c]);
    const std::string space(widths[c] - std::min(widths[c], display_width(text)), ' ');
    if (cells[c].style != nullptr) text = (paint.*cells[c].style)(text);
    if (c > 0) line.append(kGap, ' ');
    line += columns[c].right ? space + text : text + space;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string megabytes_per_second(double bytes) { return bytes <= 0 ? "-" : fmt::format("{:.1f}", bytes / 1e6); }

std::string ago(const std::optional<WallTime>& then, const std::optional<WallTime>& now) {
  if (!then || !now) return "-";
  const auto passed = std::max(WallTime::duration::zero(), *now - *then);
  if (passed < std::chrono::seconds(60)) return fmt::format("{:.1f} s", static_cast<double>(passed.count()) / 1000);
  return format_duration(passed);
}

Cell state_cell(const std::string& state) {
  Cell cell{printable(state), nullptr};
  if (state == "active" || state == "done") cell.style = &Paint::green;
  if (state == "late" || state == "proving" || state == "leaving" || state == "cancelled") cell.style = &Paint::yellow;
  if (state == "quarantined" || state == "failed") cell.style = &Paint::red;
  if (state == "running") cell.style = &Paint::cyan;
  return cell;
}

std::string_view state_name(RemoteState state) {
  switch (state) {
    case RemoteState::queued: return "queued";
    case RemoteState::running: return "running";
    case RemoteState::done: return "done";
    case RemoteState::failed: return "failed";
    case RemoteState::cancelled: return "cancelled";
  }
  return "";
}

std::vector<std::string> worker_lines(const StatusView& view, const TableStyle& style) {
  if (view.workers.empty()) return {"no workers: the master processes jobs itself"};
  std::uint64_t merged = 0;
  for (const RemoteWorker& worker : view.workers) merged += worker.strips_merged;
  const std::vector<Column> columns{{.title = "WORKER", .elastic = true, .min_width = 12},
                                    {.title = "DIALECT", .priority = 2},
                                    {.title = "STATE"},
                                    {.title = "SHARE", .right = true, .priority = 5},
                                    {.title = "STRIPS", .right = true, .priority = 1},
                                    {.title = "MB/S", .right = true, .priority = 6},
                                    {.title = "IN FLIGHT", .right = true, .priority = 3},
                                    {.title = "HEARD", .right = true, .priority = 4}};
  const auto now = view.status.now();
  std::vector<std::vector<Cell>> rows;
  for (const RemoteWorker& worker : view.workers) {
    const double share =
        static_cast<double>(worker.strips_merged) / static_cast<double>(std::max<std::uint64_t>(1, merged));
    const std::string in_flight = worker.strips_in_flight == 0 ? "-"
                                                               : fmt::format("{}, {}", worker.strips_in_flight,
                                                                             format_bytes(worker.bytes_in_flight));
    rows.push_back({{printable(worker.id)},
                    {printable(worker.dialect)},
                    state_cell(worker.state),
                    {merged == 0 ? "-" : fmt::format("{:.0f}%", share * 100)},
                    {format_count(worker.strips_merged)},
                    {megabytes_per_second(worker.bytes_per_second)},
                    {in_flight},
                    {ago(worker.last_heard, now)}});
  }
  return table_lines(columns, rows, style);
}

std::string phase_of(const RemoteJob& job, bool unicode) {
  if (job.state == RemoteState::failed) return printable(job.error ? job.error->text() : "");
  if (job.state == RemoteState::running) {
    constexpr std::size_t kBarColumns = 10;
    return fmt::format("{} {:3.0f}% {}", progress_bar(job.progress, kBarColumns, unicode), job.progress * 100,
                       printable(job.phase));
  }
  return "";
}

/// "2", "2 + master", "master"
std::string short_form(const Participants& participants) {
  if (participants.workers == 0) return participants.master ? "master" : "-";
  return fmt::format("{}{}", participants.workers, participants.master ? " + master" : "");
}

std::vector<std::string> job_lines(const StatusView& view, const TableStyle& style) {
  if (view.jobs.empty()) return {"no jobs yet; submit one with: ece465 submit IMAGE"};
  const std::vector<Column> columns{{.title = "JOB"},
                                    {.title = "FILE", .elastic = true, .min_width = 12},
                                    {.title = "STATE"},
                                    {.title = "SECONDS", .right = true, .priority = 3},
                                    {.title = "RETRIES", .right = true, .priority = 1},
                                    {.title = "WORKERS", .priority = 2},
                                    {.title = "PROGRESS", .elastic = true, .min_width = 23}};
  std::vector<std::vector<Cell>> rows;
  for (const RemoteJob& job : view.jobs) {
    rows.push_back({{printable(job.id)},
                    {printable(job.file)},
                    state_cell(std::string(state_name(job.state))),
                    {job.state == RemoteState::queued ? "-" : fmt::format("{:.2f}", job.seconds)},
                    {fmt::format("{}", job.retries)},
                    {short_form(participants_of(job))},
                    {phase_of(job, style.unicode)}});
  }
  return table_lines(columns, rows, style);
}

/// The first parts, as many as fit.
std::string join_fitting(const std::vector<std::string>& parts, std::size_t max_width) {
  std::string line;
  for (const auto& part : parts) {
    if (!line.empty() && display_width(line) + kGap + display_width(part) > max_width) break;
    line += (line.empty() ? "" : std::string(kGap, ' ')) + part;
  }
  return line;
}

}  // namespace

std::vector<std::string> table_lines(std::vector<Column> columns, std::vector<std::vector<Cell>> rows,
                                     const TableStyle& style) {
  // Some terminals wrap when the last column is written.
  const TableLayout layout(columns, rows, style.width > 1 ? style.width - 1 : 1);
  std::vector<Cell> titles;
  for (const Column& column : columns) titles.push_back({column.title, &Paint::dim});
  std::vector<std::string> lines{table_line(columns, titles, layout.widths(), style.paint)};
  for (const auto& row : rows) lines.push_back(table_line(columns, row, layout.widths(), style.paint));
  return lines;
}

std::vector<std::string> status_lines(const StatusView& view, const TableStyle& style) {
  const RemoteStatus& status = view.status;
  const std::size_t max_width = style.width > 1 ? style.width - 1 : 1;
  const std::string up =
      "up " +
      format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(status.uptime_seconds)) * std::nano::den);
  std::vector<std::string> jobs;
  for (const auto& [count, word] :
       {std::pair{status.running, "running"}, std::pair{status.queued, "queued"}, std::pair{status.done, "done"},
        std::pair{status.failed, "failed"}, std::pair{status.cancelled, "cancelled"}}) {
    if (count > 0 || word == std::string_view("running"))
      jobs.push_back(fmt::format("{} {}", format_count(count), word));
  }
  const std::string title =
      elide(join_fitting({view.url, "ece465 " + printable(status.version), up}, max_width), max_width);
  std::vector<std::string> lines{style.paint.bold(title)};
  lines.push_back(elide(fmt::format("jobs: {}", fmt::join(jobs, ", ")), max_width));
  lines.push_back(elide(join_fitting({fmt::format("workers: {}", format_count(status.workers)),
                                      fmt::format("{} sent", format_bytes(status.bytes_sent)),
                                      fmt::format("{} received", format_bytes(status.bytes_received)),
                                      fmt::format("{:.1f} Mpixel/s", status.pixels_per_second / 1e6),
                                      counted(status.connections, "connection")},
                                     max_width),
                        max_width));
  lines.emplace_back();
  for (auto& line : worker_lines(view, style)) lines.push_back(std::move(line));
  lines.emplace_back();
  for (auto& line : job_lines(view, style)) lines.push_back(std::move(line));
  return lines;
}

}  // namespace ece465::cli
