#include "mapreduce_remote.hpp"

namespace ece465::cli {
namespace {

/// Who listens there is found out before anything is sent.
net::Task<Result<text::Tally>> meet_and_count(MasterClient* api, text::Kind kind, const ByteSource* text,
                                              TransferProgress progress) {
  const auto status = co_await api->hello();
  if (!status) co_return std::unexpected(status.error());
  auto tally = co_await api->map_text(kind, text, std::move(progress));
  if (tally) co_return tally;
  const Errc code = tally.error().code;
  if (code == Errc::bad_input || code == Errc::not_found || code == Errc::too_large)
    co_return about(text->name(), std::move(tally).error());
  co_return tally;
}

}  // namespace

Result<text::Tally> count_on_master(const http::Url& url, net::Duration patience, text::Kind kind,
                                    const ByteSource& text, const TransferProgress& progress,
                                    const std::stop_token& stop) {
  asio::io_context context(1);
  MasterClient api(url, patience);
  return run_task(context, meet_and_count(&api, kind, &text, progress), stop);
}

}  // namespace ece465::cli
