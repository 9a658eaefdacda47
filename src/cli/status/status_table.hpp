#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/console.hpp"
#include "common/master_json.hpp"

/// A master's status as lines that fit a window. Pure functions.

namespace ece465::cli {

struct StatusView {
  std::string url;
  RemoteStatus status;
  std::vector<RemoteWorker> workers;
  std::vector<RemoteJob> jobs;  ///< newest first
};

/// What the window can show.
struct TableStyle {
  std::size_t width = 80;  ///< of the window; lines are shorter unless the names alone do not fit
  bool unicode = true;
  Paint paint;
};

/// Heading, workers, jobs; each line without its end.
[[nodiscard]] std::vector<std::string> status_lines(const StatusView& view, const TableStyle& style);

/// A column of a table. Widths are in columns of the terminal.
struct Column {
  std::string title;
  bool right = false;    ///< right-aligned: numbers
  bool elastic = false;  ///< shortened if the table is too wide, down to `min_width`
  std::size_t min_width = 8;
  int priority = 0;  ///< if shortening is not enough, columns of the lowest priority are dropped first; 0: never
};
struct Cell {
  std::string text;
  /// Colors the text after it has been padded; null: plain.
  std::string (Paint::*style)(std::string_view) const = nullptr;
};

/// A heading and one line per row, two spaces between columns, narrower than `style.width` if possible.
[[nodiscard]] std::vector<std::string> table_lines(std::vector<Column> columns, std::vector<std::vector<Cell>> rows,
                                                   const TableStyle& style);

}  // namespace ece465::cli
