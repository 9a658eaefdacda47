#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>

#include "ece465/base/byte_sink.hpp"
#include "ece465/http/client.hpp"
#include "ece465/image/pixels.hpp"
#include "ece465/text/tally.hpp"
#include "master_json.hpp"

/// A running master's HTTP API, as the commands that speak to one need it.

namespace ece465::cli {

/// Where a master listens unless told otherwise.
inline constexpr const char* kDefaultUrl = "http://127.0.0.1:8000";
/// How long one is waited for.
inline constexpr std::chrono::milliseconds kDefaultPatience = std::chrono::seconds(30);

/// `http://host:port/base`, as it can be given to another program.
[[nodiscard]] std::string url_text(const http::Url& url);

/// Bytes done, of how many; 0: not known.
using TransferProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// A conversation with one master, one request at a time. What the master refuses comes back in its own words:
/// `bad_input` (4xx), `too_large` (413), `io` (it failed: 5xx), `unavailable` (503: it starts or stops). A master that
/// cannot be reached, or answers with what no master says, is `unavailable`, one that says nothing is `timeout`; these
/// come with a remedy.
class MasterClient {
 public:
  /// `patience`: for a connection, and for each byte after that.
  MasterClient(http::Url url, net::Duration patience);

  [[nodiscard]] const http::Url& url() const { return url_; }

  /// The body of a GET that is answered by 200.
  [[nodiscard]] net::Task<Result<std::string>> get(std::string target);
  /// Makes sure that it is a master that listens there; else `unavailable`.
  [[nodiscard]] net::Task<Result<RemoteStatus>> hello();

  /// Sends a file to lie there as `name`, in place of one of that name; returns what it is called there.
  [[nodiscard]] net::Task<Result<std::string>> upload(std::string name, const ByteSource& source,
                                                      TransferProgress progress);
  struct Started {
    RemoteJob job;
    bool existing = false;  ///< somebody's job on that file was running already, and this is it
  };
  [[nodiscard]] net::Task<Result<Started>> start(std::string file, image::Channels channels, int quality);
  [[nodiscard]] net::Task<Result<RemoteJob>> job(std::string id);
  [[nodiscard]] net::Task<Result<void>> cancel(std::string id);
  /// Writes a file of the master's from the sink's start on; returns its size. One that is shorter or longer than it
  /// was announced is `unavailable`.
  [[nodiscard]] net::Task<Result<std::uint64_t>> download(std::string name, ByteSink& sink, TransferProgress progress);
  /// Has a text counted there while it is sent. `source` outlives this. Fails with `unsupported` when the master is too
  /// old for it.
  [[nodiscard]] net::Task<Result<text::Tally>> map_text(text::Kind kind, const ByteSource* source,
                                                        TransferProgress progress);
  /// Deletes a file, and its result.
  [[nodiscard]] net::Task<Result<void>> remove(std::string file);

  /// Ends the request in flight with `cancelled`.
  void close() { client_.close(); }

 private:
  [[nodiscard]] net::Task<Result<http::ClientResponse>> request(std::string method, std::string target,
                                                                std::string json = "");
  /// An exchange's failure, said to whoever runs the command.
  [[nodiscard]] std::unexpected<Error> trouble(Error error) const;

  http::Url url_;
  http::Client client_;
};

/// Runs one task to its end on a loop of its own thread; `cancelled` once `stop` asks for it, whatever it waits for.
/// The loop can be used again, unless it was stopped so.
template <class T>
[[nodiscard]] Result<T> run_task(asio::io_context& context, net::Task<Result<T>> task, const std::stop_token& stop) {
  Result<T> result = fail(Errc::cancelled, "interrupted");
  if (stop.stop_requested()) return result;
  context.restart();
  asio::co_spawn(context, std::move(task), [&result](const std::exception_ptr& error, Result<T> value) {
    if (error) std::rethrow_exception(error);  // a library's; to main
    result = std::move(value);
  });
  const std::stop_callback stopper(stop, [&context] { context.stop(); });
  context.run();
  return result;
}

}  // namespace ece465::cli
