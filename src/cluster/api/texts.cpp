#include "api/handlers.hpp"
#include "api/responses.hpp"
#include "ece465/net/offload.hpp"

namespace ece465::cluster {
namespace {

using http::Response;
using Clock = std::chrono::steady_clock;

/// A request body as a text. If reading it fails, the client is at fault, so `refusal` is the response.
class BodyText final : public TextSource {
 public:
  BodyText(http::BodyReader& body, const ApiLimits& limits) : body_(body), limits_(limits) {}

  net::Task<Result<std::size_t>> read(MutableBytes out) override {
    const auto begun = Clock::now();
    auto n = co_await body_.read(out);
    waited_ += Clock::now() - begun;  // only time spent waiting for the client, not for workers
    if (!n) {
      refusal_ = unread_body_response(n.error());
      co_return n;
    }
    bytes_ += *n;
    if (too_slow(limits_, waited_, bytes_)) {
      refusal_ = Response::detail(408, "The text arrives too slowly.");
      co_return fail(Errc::timeout, "the text arrives too slowly");
    }
    co_return n;
  }
  [[nodiscard]] std::optional<Response>& refusal() { return refusal_; }

 private:
  http::BodyReader& body_;
  const ApiLimits& limits_;
  net::Duration waited_{};
  std::uint64_t bytes_ = 0;
  std::optional<Response> refusal_;
};

/// A result that is being sent. It occupies memory, so it still counts as in progress.
struct Sending {
  Sending(std::shared_ptr<InProgress> text, std::shared_ptr<const ByteSource> result)
      : in_progress(std::move(text)), source(std::move(result)) {}
  std::shared_ptr<InProgress> in_progress;
  std::shared_ptr<const ByteSource> source;
};

}  // namespace

net::Task<Response> map_text(Api& api, http::Request& request) {
  ApiContext& context = api.context;
  const auto kind = text::parse_kind(request.captured.find("kind")->second);
  if (!kind) co_return not_found_response("No such kind; must be wordcount or bytes");
  if (request.body->length().value_or(0) > context.limits.max_upload_bytes) {
    co_return Response::detail(413, fmt::format("The text is larger than {} bytes.", context.limits.max_upload_bytes));
  }
  if (api.texts >= context.limits.max_texts) co_return busy_response("Too many concurrent texts.");
  const auto in_progress = std::make_shared<InProgress>(api.texts);

  BodyText text(*request.body, context.limits);
  auto tally = co_await context.engine.map_text(*kind, text);
  if (text.refusal()) co_return std::move(*text.refusal());
  if (!tally) co_return error_response(tally.error());
  auto source = co_await net::offload(context.cpu, [&tally]() -> Result<std::shared_ptr<const ByteSource>> {
    return std::shared_ptr<const ByteSource>(text::result_source(*std::move(tally)));
  });
  if (!source) co_return error_response(source.error());
  const auto sending = std::make_shared<Sending>(in_progress, *std::move(source));
  Response response(200);
  response.headers.add("Content-Type", "text/plain");  // in the text's own encoding
  http::FileBody body;
  body.length = sending->source->size();
  body.source = std::shared_ptr<const ByteSource>(sending, sending->source.get());
  response.body = std::move(body);
  co_return response;
}

}  // namespace ece465::cluster
