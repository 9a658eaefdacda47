#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/console.hpp"
#include "common/master_json.hpp"

/// A running master as a person looks at it: lines that fit a window. Pure functions.

namespace ece465::cli {

struct StatusView {
  std::string url;
  RemoteStatus status;
  std::vector<RemoteWorker> workers;
  std::vector<RemoteJob> jobs;  ///< newest first
};

/// How much room there is, and what can be drawn in it.
struct TableStyle {
  std::size_t width = 80;  ///< lines are shorter, unless the names alone do not fit
  bool unicode = true;
  Paint paint;
};

/// Heading, workers, jobs; each line without its end.
[[nodiscard]] std::vector<std::string> status_lines(const StatusView& view, const TableStyle& style);

/// One column of a table. Widths are in columns of the terminal, control characters are spelled out.
struct Column {
  std::string title;
  bool right = false;    ///< numbers
  bool elastic = false;  ///< shortened when the table is too wide, down to `least`
  std::size_t least = 8;
  int worth = 0;  ///< of those that are left out when that is not enough, the lowest go first; 0: never
};
struct Cell {
  std::string text;
  /// Puts colour around the text, once it has its width; nothing: plain.
  std::string (Paint::*style)(std::string_view) const = nullptr;
};

/// A heading and one line per row, two spaces between columns, in fewer than `style.width` columns if that can be.
[[nodiscard]] std::vector<std::string> table_lines(std::vector<Column> columns, std::vector<std::vector<Cell>> rows,
                                                   const TableStyle& style);

}  // namespace ece465::cli
