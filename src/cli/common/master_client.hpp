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

/// Client of a running master's HTTP API.

namespace ece465::cli {

/// A master's default address.
inline constexpr const char* kDefaultUrl = "http://127.0.0.1:8000";
/// How long to wait for a master.
inline constexpr std::chrono::milliseconds kDefaultTimeout = std::chrono::seconds(30);

/// `http://host:port/base`.
[[nodiscard]] std::string url_text(const http::Url& url);

/// Bytes transferred so far, of `total`; 0: unknown.
using TransferProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// A connection to one master, for one request at a time. Errors sent by the master are passed on: `bad_input` (4xx),
/// `not_found` (404), `too_large` (413), `io` (5xx), `unavailable` (503: it starts or stops). A master that cannot be
/// reached, or whose answer makes no sense, is `unavailable`; one that does not answer is `timeout`. These two suggest
/// a remedy.
class MasterClient {
 public:
  /// `timeout`: to connect, and between bytes after that.
  MasterClient(http::Url url, net::Duration timeout);

  [[nodiscard]] const http::Url& url() const { return url_; }

  /// The body of a GET that is answered with 200.
  [[nodiscard]] net::Task<Result<std::string>> get(std::string target);
  /// Checks that a master answers; else `unavailable`.
  [[nodiscard]] net::Task<Result<RemoteStatus>> hello();

  /// Uploads a file as `name`, replacing one of that name; returns its name on the master.
  [[nodiscard]] net::Task<Result<std::string>> upload(std::string name, const ByteSource& source,
                                                      TransferProgress progress);
  struct Started {
    RemoteJob job;
    bool existing = false;  ///< a job on that file was running already, and this is it
  };
  [[nodiscard]] net::Task<Result<Started>> start(std::string file, image::Channels channels, int quality);
  [[nodiscard]] net::Task<Result<RemoteJob>> job(std::string id);
  [[nodiscard]] net::Task<Result<void>> cancel(std::string id);
  /// Downloads a file into the sink; returns its size. A size that differs from the announced one is `unavailable`.
  [[nodiscard]] net::Task<Result<std::uint64_t>> download(std::string name, ByteSink& sink, TransferProgress progress);
  /// Counts a text on the workers while it is sent. `source` must outlive the call. `unsupported` if the master is too
  /// old.
  [[nodiscard]] net::Task<Result<text::Tally>> map_text(text::Kind kind, const ByteSource* source,
                                                        TransferProgress progress);
  /// Deletes a file and its result.
  [[nodiscard]] net::Task<Result<void>> remove(std::string file);

  /// Ends the current request with `cancelled`.
  void close() { client_.close(); }

 private:
  [[nodiscard]] net::Task<Result<http::ClientResponse>> request(std::string method, std::string target,
                                                                std::string json = "");
  /// Adds the address or a remedy to a transport error.
  [[nodiscard]] std::unexpected<Error> explained(Error error) const;

  http::Url url_;
  http::Client client_;
};

/// Runs a task on `context`, until its end or until `stop` is requested, which stops the context.
void run_until_done(asio::io_context& context, net::Task<void> task, const std::stop_token& stop);

template <class T>
net::Task<void> store_result(net::Task<Result<T>> task, Result<T>* result) {
  *result = co_await std::move(task);
}

/// Runs a task to its end on this thread; `cancelled` if `stop` is requested before. The context can be used again
/// unless it was stopped.
template <class T>
[[nodiscard]] Result<T> run_task(asio::io_context& context, net::Task<Result<T>> task, const std::stop_token& stop) {
  Result<T> result = fail(Errc::cancelled, "interrupted");
  run_until_done(context, store_result(std::move(task), &result), stop);
  return result;
}

}  // namespace ece465::cli
