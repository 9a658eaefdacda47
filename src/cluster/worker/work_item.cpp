#include "worker/work_item.hpp"

#include <time.h>  // NOLINT(modernize-deprecated-headers): clock_gettime is POSIX

#include <exception>
#include <utility>
#include <variant>
#include <vector>

#include "ece465/image/samples.hpp"
#include "ece465/text/tally.hpp"
#include "ece465/wire/checksum.hpp"
#include "ece465/wire/header.hpp"
#include "ece465/wire/histogram_codec.hpp"

namespace ece465::cluster {
namespace {

using wire::ErrorCode;

/// This thread's CPU time. Wall time would include other processes'.
std::chrono::microseconds cpu_time() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::seconds(t.tv_sec) +
                                                               std::chrono::nanoseconds(t.tv_nsec));
}

}  // namespace

wire::TaskId task_of(const wire::Message& request) {
  if (const auto* count = std::get_if<wire::CalcHist>(&request)) return count->id.task;
  if (const auto* map = std::get_if<wire::Map>(&request)) return map->task;
  return std::get<wire::ApplyCdf>(request).id.task;
}

std::string_view job_of(const wire::Message& request) {
  if (const auto* count = std::get_if<wire::CalcHist>(&request)) return count->id.job;
  if (const auto* apply = std::get_if<wire::ApplyCdf>(&request)) return apply->id.job;
  return {};
}

std::string error_line(wire::ErrorCode code, wire::TaskId task, std::string text) {
  return wire::to_line(wire::ErrorReport{.code = code, .task = task, .text = std::move(text)}, wire::Dialect::v2);
}

std::size_t WorkItem::samples_begin() const {
  // Cached samples, and those whose table came in a message of its own, start at the body's beginning.
  const auto* const request = std::get_if<wire::ApplyCdf>(&request_);
  return request == nullptr || request->from || table ? 0 : wire::table_bytes(*request);
}

Bytes WorkItem::payload() const { return mapped_ ? samples() : as_bytes(result_); }

void WorkItem::run() noexcept {
  try {
    if (checksums_ || wire::body_checksum(request_)) {
      // The body of a request for cached samples was only its table, which the session has checked.
      const auto* const apply = std::get_if<wire::ApplyCdf>(&request_);
      const bool kept = apply != nullptr && apply->from;
      if (!kept) {
        if (const auto sound = wire::check_body(request_, wire::checksum(body.span()), checksums_); !sound) {
          return refuse(ErrorCode::checksum, sound.error().text());
        }
      }
    }
    if (const auto* request = std::get_if<wire::CalcHist>(&request_)) return count(*request);
    if (const auto* request = std::get_if<wire::Map>(&request_)) return map(*request);
    apply(std::get<wire::ApplyCdf>(request_));
  } catch (const std::exception& e) {
    refuse(ErrorCode::failed, e.what());
  }
}

void WorkItem::count(const wire::CalcHist& request) {
  const auto start = cpu_time();
  std::vector<std::uint64_t> counts(std::size_t{1} << request.bits);
  if (const auto counted = image::count_samples(samples(), request.bits, counts); !counted) {
    return refuse(ErrorCode::bad_request, counted.error().text());
  }
  wire::HistResult result{.id = request.id};
  result.took = cpu_time() - start;
  wire::append_hist_result(answer_, std::move(result), counts, dialect_, checksums_);
}

void WorkItem::apply(const wire::ApplyCdf& request) {
  const auto start = cpu_time();
  const Bytes levels = table ? table->span() : std::as_const(body).span().first(samples_begin());
  const MutableBytes target = body.span().subspan(samples_begin());
  if (const auto mapped = image::map_samples(target, request.bits, levels); !mapped) {
    return refuse(ErrorCode::bad_request, mapped.error().text());
  }
  wire::CdfResult result{.id = request.id, .size = target.size()};
  if (checksums_ && !target.empty()) result.checksum = wire::checksum(target);
  result.took = cpu_time() - start;
  wire::append_header(answer_, result, dialect_);
  mapped_ = true;
}

void WorkItem::map(const wire::Map& request) {
  const auto start = cpu_time();
  const auto kind = text::parse_kind(request.kind);
  if (!kind) return refuse(ErrorCode::unsupported, fmt::format("unknown kind of MAP: {}", request.kind));
  auto mapped = text::map_piece(*kind, as_text(std::as_const(body).span()));
  if (!mapped) return refuse(ErrorCode::failed, mapped.error().text());
  result_ = *std::move(mapped);
  wire::MapResult result{.task = request.task, .size = result_.size()};
  if (checksums_ && !result_.empty()) result.checksum = wire::checksum(as_bytes(result_));
  result.took = cpu_time() - start;
  wire::append_header(answer_, result, dialect_);
}

void WorkItem::refuse(wire::ErrorCode code, std::string text) {
  failed_ = true;
  mapped_ = false;
  result_.clear();
  failure_ = std::move(text);
  answer_.clear();
  if (dialect_ == wire::Dialect::v2) answer_ = error_line(code, task_of(request_), failure_);
}

}  // namespace ece465::cluster
