#include "run_report.hpp"

#include "command.hpp"
#include "ece465/base/seconds.hpp"
#include "text.hpp"

namespace ece465::cli {

void RunTotals::add_to(Json& json) const {
  json.add("notes", Json::array(notes));
  json.add("done", done);
  json.add("failed", failed);
  json.add("seconds", seconds(duration));
  json.add("bytes_in", bytes_in);
  json.add("bytes_out", bytes_out);
}

void RunReporter::notes(std::string_view input, const std::vector<std::string>& notes) {
  if (quiet_) return;
  for (const auto& note : notes) console_.note(fmt::format("{}: {}", input, note));
}

void RunReporter::succeeded(std::uint64_t bytes_in, std::uint64_t bytes_out) {
  ++totals.done;
  totals.bytes_in += bytes_in;
  totals.bytes_out += bytes_out;
}

void RunReporter::failed(const Error& error) {
  ++totals.failed;
  // An unreachable master fails every remaining file: one line for all, and its exit code counts.
  const bool unreachable = error.code == Errc::unavailable || error.code == Errc::timeout;
  if (error.code == Errc::cancelled) {
    interrupted_ = true;  // one line for all, at the end
  } else if (!unreachable || !unreachable_) {
    console_.error(error.text());
  }
  if (!unreachable_) code_ = error.code;
  unreachable_ = unreachable_ || unreachable;
}

int RunReporter::finish(std::string_view verb) {
  const std::size_t all = totals.done + totals.failed;
  if (interrupted_) {
    console_.error(all == 1 ? "interrupted" : fmt::format("interrupted: {} of {} files done", totals.done, all));
    return kExitInterrupted;
  }
  if (all > 1 && totals.failed > 0) {
    console_.error(fmt::format("{} of {} files failed", totals.failed, all));
  } else if (all > 1 && !quiet_ && console_.can_show_status()) {
    console_.note(fmt::format("{} {}, {} in {}", counted(totals.done, "file"), verb, format_bytes(totals.bytes_in),
                              format_duration(totals.duration)));
  }
  if (totals.failed == 0) return kExitOk;
  return all == 1 || unreachable_ ? exit_code(code_) : kExitFailed;
}

Json error_json(const std::optional<Error>& error) {
  if (!error) return {};
  return {{"code", errc_name(error->code)}, {"message", error->text()}};
}

}  // namespace ece465::cli
