#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console.hpp"
#include "ece465/base/result.hpp"
#include "json.hpp"

/// Reporting on a run over several files, as `equalize` and `submit` do.

namespace ece465::cli {

struct RunTotals {
  std::vector<std::string> notes;
  std::size_t done = 0, failed = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::chrono::nanoseconds duration{};

  /// Adds these members to the JSON object of the run.
  void add_to(Json& json) const;
};

/// Prints errors and notes of files, counts the files, and derives the exit code.
class RunReporter {
 public:
  RunReporter(Console& console, bool quiet) : console_(console), quiet_(quiet) {}

  void notes(std::string_view input, const std::vector<std::string>& notes);
  void succeeded(std::uint64_t bytes_in, std::uint64_t bytes_out);
  void failed(const Error& error);
  /// Prints a summary, "3 files <verb>, ..."; returns the exit code.
  int finish(std::string_view verb);

  RunTotals totals;

 private:
  Console& console_;
  bool quiet_;
  Errc code_ = Errc::internal;  ///< of the last failure, or of the one that made the others fail
  bool interrupted_ = false, unreachable_ = false;
};

/// {"code", "message"}, or null.
[[nodiscard]] Json error_json(const std::optional<Error>& error);

}  // namespace ece465::cli
