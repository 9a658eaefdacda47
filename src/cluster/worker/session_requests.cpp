#include <algorithm>
#include <utility>
#include <variant>

#include "ece465/image/samples.hpp"
#include "ece465/text/tally.hpp"
#include "ece465/wire/checksum.hpp"
#include "worker/session.hpp"

/// A session's requests, from their headers to their answers.

namespace ece465::cluster {

using wire::ErrorCode;

/// What is wrong with a request's header, if anything.
std::optional<Session::Refusal> Session::check_request(const wire::Message& request) const {
  if (!v2()) return std::nullopt;
  const wire::TaskId task = task_of(request);
  const std::uint64_t bytes = wire::body_bytes(request);
  if (tasks_.contains(task) || cache_.contains(task)) return Refusal{ErrorCode::bad_request, "task id is in use"};
  if (const auto* map = std::get_if<wire::Map>(&request)) {
    if (!text::parse_kind(map->kind)) {
      return Refusal{ErrorCode::unsupported, fmt::format("unknown kind of MAP: {}", map->kind)};
    }
    if (map->size > text::kMaxPieceBytes) {
      return Refusal{ErrorCode::too_large,
                     fmt::format("piece of {} bytes exceeds the limit of {}", bytes, text::kMaxPieceBytes)};
    }
  }
  if (leaving_ || bye_received_) return Refusal{ErrorCode::leaving, "this worker is leaving"};
  if (credit_used_ > 0 && credit_used_ + bytes > options_.credit_bytes) {
    return Refusal{ErrorCode::too_large, fmt::format("{} more bytes would exceed the credit of {}: {} are in flight",
                                                     bytes, options_.credit_bytes, credit_used_)};
  }
  return std::nullopt;
}

void Session::admit(const std::shared_ptr<WorkItem>& item, std::uint64_t body_bytes) {
  ++unanswered_;
  item->credit_bytes = body_bytes;
  credit_used_ += body_bytes;
  if (!v2()) return;
  const wire::Message& request = item->request();
  tasks_.emplace(task_of(request), item);
  if (const auto* count = std::get_if<wire::CalcHist>(&request); count != nullptr && count->keep) {
    // Without room the samples are counted all the same. A request for them will be refused with no_chunk.
    static_cast<void>(cache_.reserve(count->id.task, count->bits, count->size));
  }
}

/// Looks up the table and the samples that an APPLY_CDF refers to.
std::optional<Session::Refusal> Session::resolve_references(WorkItem& item) {
  const auto* const request = std::get_if<wire::ApplyCdf>(&item.request());
  if (request == nullptr || !v2()) return std::nullopt;
  if (request->table) {
    item.table = cache_.find_table(*request->table);
    if (!item.table) {
      return Refusal{ErrorCode::no_table, fmt::format("no table {}", std::to_underlying(*request->table))};
    }
    if (item.table->size() != image::table_size(request->bits)) {
      return Refusal{ErrorCode::bad_request,
                     fmt::format("table {} is not for {} bits", std::to_underlying(*request->table), request->bits)};
    }
  }
  if (!request->from) return std::nullopt;
  // Checked before the cache gives the samples out: a damaged table must not cost them.
  if (const auto sound = wire::check_body(item.request(), wire::checksum(item.body.span()), checksums()); !sound) {
    return Refusal{ErrorCode::checksum, sound.error().text()};
  }
  const auto* const chunk = cache_.find(*request->from);
  if (chunk == nullptr || chunk->map_request) {
    return Refusal{ErrorCode::no_chunk, fmt::format("no samples of task {}", std::to_underlying(*request->from))};
  }
  if (chunk->bits != request->bits) {
    return Refusal{ErrorCode::bad_request, fmt::format("samples of task {} have {} bits, not {}",
                                                       std::to_underlying(*request->from), chunk->bits, request->bits)};
  }
  if (!item.table) {
    Buffer table(item.body.size());
    std::ranges::copy(item.body.span(), table.data());
    item.table = std::make_shared<const Buffer>(std::move(table));
  }
  buffers_.give_back(std::move(item.body));
  return std::nullopt;
}

void Session::start(const std::shared_ptr<WorkItem>& item) {
  const auto* const request = std::get_if<wire::ApplyCdf>(&item->request());
  if (request == nullptr || !request->from) return compute(item);
  cache_.find(*request->from)->map_request = item;
  start_waiting_map(*request->from);
}

/// Starts the request that waits for a chunk's samples, if there is one and they have been counted.
void Session::start_waiting_map(wire::TaskId chunk) {
  auto* const cached = cache_.find(chunk);
  if (!cached->map_request || !cached->samples) return;
  const auto request = std::move(cached->map_request);
  request->kept_bytes = cached->bytes;
  request->body = cache_.take(chunk);
  compute(request);
}

void Session::compute(const std::shared_ptr<WorkItem>& item) {
  asio::post(cpu_, [this, item = item, pass = gate_.enter(), executor = stream_.executor()]() mutable {
    if (item->begin()) item->run();
    // The pass goes back to the loop, too: gates are not thread-safe.
    asio::post(executor, [this, item = std::move(item), pass = std::move(pass)] { finished(item); });
  });
}

void Session::finished(const std::shared_ptr<WorkItem>& item) {
  if (item->dropped()) return;  // `drop` has answered it
  if (std::holds_alternative<wire::CalcHist>(item->request())) keep_or_give_back(*item);
  if (std::holds_alternative<wire::Map>(item->request())) buffers_.give_back(std::move(item->body));
  if (v2() && item->payload().size() > handshake_.terms().payload_bytes) {
    item->refuse(ErrorCode::too_large, "the result exceeds the master's payload limit");
  }
  answer(item);
}

/// Caches the samples of a finished count if the master asked for that, else frees them.
void Session::keep_or_give_back(WorkItem& item) {
  const wire::TaskId id = task_of(item.request());
  auto* const chunk = cache_.find(id);
  if (chunk == nullptr) return buffers_.give_back(std::move(item.body));
  chunk->samples = std::move(item.body);
  if (item.failed()) return forget(id);  // damaged
  start_waiting_map(id);
}

void Session::answer(const std::shared_ptr<WorkItem>& item) {
  if (closed_) return;
  const std::uint64_t bytes = std::visit(
      [](const auto& m) -> std::uint64_t {
        if constexpr (requires { m.size; }) return m.size;
        return 0;
      },
      item->request());
  const bool counted = std::holds_alternative<wire::CalcHist>(item->request());
  if (item->failed()) {
    logger_.warn("a request failed", {{"request", wire::name_of(item->request())}, {"error", item->failure()}});
    if (item->answer().empty()) {  // older dialects have no error message: close the connection
      write_error_ = Error{Errc::corrupt, item->failure()};
      return close();
    }
  } else if (!v2()) {
    send_log(fmt::format("{} {} bytes", counted ? "Computed histogram of" : "Mapped", bytes));
  }
  if (logger_.wants(LogLevel::debug)) {
    logger_.debug("answered", {{"request", wire::name_of(item->request())},
                               {"task", std::to_underlying(task_of(item->request()))},
                               {"job", job_of(item->request())},
                               {"bytes", bytes}});
  }
  send_queue_->push_answer(item);
}

void Session::drop(wire::TaskId task) {
  const auto found = tasks_.find(task);
  if (found != tasks_.end() && found->second->drop()) {
    const auto item = found->second;
    const auto* const request = std::get_if<wire::ApplyCdf>(&item->request());
    if (request != nullptr && request->from) {
      if (auto* const chunk = cache_.find(*request->from); chunk != nullptr && chunk->map_request == item) {
        chunk->map_request = nullptr;
      }
    }
    buffers_.give_back(std::move(item->body));
    item->refuse(ErrorCode::dropped, "dropped before it was started");
    answer(item);
  }
  forget(task);
}

/// Drops a chunk from the cache, also while it is being counted.
void Session::forget(wire::TaskId chunk) {
  const auto* const cached = cache_.find(chunk);
  if (cached == nullptr) return;
  const auto request = cached->map_request;
  if (auto samples = cache_.drop(chunk)) buffers_.give_back(*std::move(samples));
  if (!request) return;
  request->refuse(ErrorCode::no_chunk, fmt::format("samples of task {} have been dropped", std::to_underlying(chunk)));
  answer(request);
}

}  // namespace ece465::cluster
