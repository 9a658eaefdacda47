#include <algorithm>
#include <utility>
#include <variant>

#include "ece465/image/samples.hpp"
#include "ece465/text/tally.hpp"
#include "ece465/wire/checksum.hpp"
#include "worker/session.hpp"

/// What becomes of requests, from their headers to their answers.

namespace ece465::cluster {

using wire::ErrorCode;

/// Why a request is not taken, as far as its header shows.
std::optional<Session::Refusal> Session::refusal_of(const wire::Message& request) const {
  if (!v2()) return std::nullopt;
  const wire::TaskId task = task_of(request);
  const std::uint64_t bytes = wire::body_bytes(request);
  const bool known = tasks_.contains(task) || holdings_.holds(task);
  if (known) return Refusal{ErrorCode::bad_request, "this task id is in use"};
  if (const auto* map = std::get_if<wire::Map>(&request)) {
    if (!text::parse_kind(map->kind)) {
      return Refusal{ErrorCode::unsupported, fmt::format("{} is no kind of MAP that is known", map->kind)};
    }
    if (map->size > text::kMaxPieceBytes) {
      return Refusal{ErrorCode::too_large,
                     fmt::format("a piece of {} bytes; {} are the most", bytes, text::kMaxPieceBytes)};
    }
  }
  if (leaving_ || bye_came_) return Refusal{ErrorCode::leaving, "this worker is leaving"};
  if (credit_used_ > 0 && credit_used_ + bytes > options_.credit_bytes) {
    return Refusal{ErrorCode::too_large,
                   fmt::format("{} bytes are in flight already, {} more are beyond the credit of {}", credit_used_,
                               bytes, options_.credit_bytes)};
  }
  return std::nullopt;
}

void Session::admit(const std::shared_ptr<Work>& work, std::uint64_t body_bytes) {
  ++unanswered_;
  work->credit_bytes = body_bytes;
  credit_used_ += body_bytes;
  if (!v2()) return;
  const wire::Message& request = work->request();
  tasks_.emplace(task_of(request), work);
  if (const auto* count = std::get_if<wire::CalcHist>(&request); count != nullptr && count->keep) {
    // When there is no room it is counted all the same. Who asks for its samples will hear that they are not here.
    static_cast<void>(holdings_.reserve(count->id.task, count->bits, count->size));
  }
}

/// Gets the table and the samples that an APPLY_CDF does not bring along, or says why they cannot be had.
std::optional<Session::Refusal> Session::find_what_it_names(Work& work) {
  const auto* const request = std::get_if<wire::ApplyCdf>(&work.request());
  if (request == nullptr || !v2()) return std::nullopt;
  if (request->table) {
    work.table = holdings_.find_table(*request->table);
    if (!work.table) {
      return Refusal{ErrorCode::no_table, fmt::format("table {} is not here", std::to_underlying(*request->table))};
    }
    if (work.table->size() != image::table_size(request->bits)) {
      return Refusal{ErrorCode::bad_request,
                     fmt::format("table {} is none for {} bits", std::to_underlying(*request->table), request->bits)};
    }
  }
  if (!request->from) return std::nullopt;
  // Now, not when the work begins: a table that came damaged must not cost the samples.
  if (const auto sound = wire::check_body(work.request(), wire::checksum(work.body.span()), checksums()); !sound) {
    return Refusal{ErrorCode::checksum, sound.error().text()};
  }
  const auto* const chunk = holdings_.find(*request->from);
  if (chunk == nullptr || chunk->claim) {
    return Refusal{ErrorCode::no_chunk,
                   fmt::format("the samples of task {} are not here", std::to_underlying(*request->from))};
  }
  if (chunk->bits != request->bits) {
    return Refusal{ErrorCode::bad_request, fmt::format("the samples of task {} have {} bits, not {}",
                                                       std::to_underlying(*request->from), chunk->bits, request->bits)};
  }
  if (!work.table) {
    Buffer table(work.body.size());
    std::ranges::copy(work.body.span(), table.data());
    work.table = std::make_shared<const Buffer>(std::move(table));
  }
  buffers_.give_back(std::move(work.body));
  return std::nullopt;
}

void Session::start(const std::shared_ptr<Work>& work) {
  const auto* const request = std::get_if<wire::ApplyCdf>(&work->request());
  if (request == nullptr || !request->from) return compute(work);
  holdings_.find(*request->from)->claim = work;
  give_to_claim(*request->from);
}

/// Hands counted samples to the request that wants them mapped, if they are and there is one.
void Session::give_to_claim(wire::TaskId chunk) {
  auto* const held = holdings_.find(chunk);
  if (!held->claim || !held->samples) return;
  const auto claim = std::move(held->claim);
  claim->kept_bytes = held->bytes;
  claim->body = holdings_.take(chunk);
  compute(claim);
}

void Session::compute(const std::shared_ptr<Work>& work) {
  asio::post(cpu_, [this, work = work, pass = gate_.enter(), executor = stream_.executor()]() mutable {
    if (work->begin()) work->run();
    // The pass, too, is handed back to the loop: gates are of one thread.
    asio::post(executor, [this, work = std::move(work), pass = std::move(pass)] { finished(work); });
  });
}

void Session::finished(const std::shared_ptr<Work>& work) {
  if (work->dropped()) return;  // and answered
  if (std::holds_alternative<wire::CalcHist>(work->request())) keep_or_give_back(*work);
  if (std::holds_alternative<wire::Map>(work->request())) buffers_.give_back(std::move(work->body));
  if (v2() && work->payload().size() > handshake_.terms().payload_bytes) {
    work->refuse(ErrorCode::too_large, "the result is larger than the master takes");
  }
  answer(work);
}

/// What becomes of samples that were counted.
void Session::keep_or_give_back(Work& work) {
  const wire::TaskId id = task_of(work.request());
  auto* const chunk = holdings_.find(id);
  if (chunk == nullptr) return buffers_.give_back(std::move(work.body));
  chunk->samples = std::move(work.body);
  if (work.failed()) return forget(id);  // damaged
  give_to_claim(id);
}

void Session::answer(const std::shared_ptr<Work>& work) {
  if (closed_) return;
  const std::uint64_t bytes = std::visit(
      [](const auto& m) -> std::uint64_t {
        if constexpr (requires { m.size; }) return m.size;
        return 0;
      },
      work->request());
  const bool counted = std::holds_alternative<wire::CalcHist>(work->request());
  if (work->failed()) {
    logger_.warn("a request failed", {{"request", wire::name_of(work->request())}, {"error", work->trouble()}});
    if (work->answer().empty()) {  // older dialects cannot be told, but by the end of the stream
      write_error_ = Error{Errc::corrupt, work->trouble()};
      return close();
    }
  } else if (!v2()) {
    tell(fmt::format("{} {} bytes", counted ? "Computed histogram of" : "Mapped", bytes));
  }
  if (logger_.wants(LogLevel::debug)) {
    logger_.debug("answered", {{"request", wire::name_of(work->request())},
                               {"task", std::to_underlying(task_of(work->request()))},
                               {"job", job_of(work->request())},
                               {"bytes", bytes}});
  }
  outbox_->push_answer(work);
}

void Session::drop(wire::TaskId task) {
  const auto found = tasks_.find(task);
  if (found != tasks_.end() && found->second->drop()) {
    const auto work = found->second;
    const auto* const request = std::get_if<wire::ApplyCdf>(&work->request());
    if (request != nullptr && request->from) {
      if (auto* const chunk = holdings_.find(*request->from); chunk != nullptr && chunk->claim == work) {
        chunk->claim = nullptr;
      }
    }
    buffers_.give_back(std::move(work->body));
    work->refuse(ErrorCode::dropped, "dropped before it was begun");
    answer(work);
  }
  forget(task);
}

/// Gives kept samples up, also those that are being counted.
void Session::forget(wire::TaskId chunk) {
  const auto* const held = holdings_.find(chunk);
  if (held == nullptr) return;
  const auto claim = held->claim;
  if (auto samples = holdings_.drop(chunk)) buffers_.give_back(*std::move(samples));
  if (!claim) return;
  claim->refuse(ErrorCode::no_chunk,
                fmt::format("the samples of task {} are not here any more", std::to_underlying(chunk)));
  answer(claim);
}

}  // namespace ece465::cluster
