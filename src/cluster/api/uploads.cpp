#include <optional>

#include "api/disk_writer.hpp"
#include "api/handlers.hpp"
#include "api/responses.hpp"
#include "ece465/http/multipart.hpp"
#include "observability/json.hpp"

namespace ece465::cluster {
namespace {

using http::MultipartParser;
using http::Response;

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
/// Allowance for the rest of the form: delimiters, headers, other small fields.
constexpr std::uint64_t kFormBytes = std::uint64_t{1} << 20;
constexpr std::string_view kField = "file";

using Clock = std::chrono::steady_clock;

Response missing_file() { return invalid_response("body", kField, kFieldRequired); }

/// One upload. The part `file` of a multipart form is written to the data folder as it arrives. It may replace the
/// input of a running job, which keeps reading the old file.
class Upload {
 public:
  Upload(ApiContext& context, http::Request& request, std::string_view boundary)
      : context_(context), body_(*request.body), parser_(boundary) {}

  /// Reads the form. Returns a response if the upload is refused or fails.
  net::Task<std::optional<Response>> receive();
  /// Keep or delete what was received.
  net::Task<std::optional<Response>> commit();
  net::Task<void> discard();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t bytes() const { return writer_->bytes(); }

 private:
  net::Task<std::optional<Response>> begin(std::string file_name);
  net::Task<std::optional<Response>> take(Bytes bytes);
  net::Task<std::optional<Response>> handle(const MultipartParser::Event& event);
  [[nodiscard]] Response too_large() const {
    return Response::detail(413, fmt::format("The file is larger than {} bytes.", context_.limits.max_upload_bytes));
  }

  ApiContext& context_;
  http::BodyReader& body_;
  MultipartParser parser_;
  std::string name_;
  std::optional<DiskWriter> writer_;  // once the part `file` has begun
  bool in_file_ = false;
  bool finished_ = false;
};

/// Begins the part `file`: checks its name before its content is read.
net::Task<std::optional<Response>> Upload::begin(std::string file_name) {
  if (!has_image_extension(file_name)) co_return Response::detail(400, "Only JPG and TIFF files are permitted.");
  auto name = safe_name(file_name);
  if (!name) co_return Response::detail(400, name.error().text());
  // It would be listed as a result, and the job of its presumed input would overwrite it.
  if (is_result_name(*name)) {
    co_return Response::detail(400, fmt::format("{} is the name of a result. Rename the file.", *name));
  }
  name_ = *name;
  const DataFolder& folder = context_.folder;
  auto file = co_await net::offload(context_.files, [&]() { return folder.create(name_); });
  if (!file) co_return error_response(file.error());
  writer_.emplace(context_.files, co_await asio::this_coro::executor, std::move(*file));
  in_file_ = true;
  co_return std::nullopt;
}

net::Task<std::optional<Response>> Upload::take(Bytes bytes) {
  if (writer_->bytes() + bytes.size() > context_.limits.max_upload_bytes) co_return too_large();
  const auto taken = co_await writer_->append(bytes);
  if (!taken) co_return error_response(taken.error());
  co_return std::nullopt;
}

net::Task<std::optional<Response>> Upload::handle(const MultipartParser::Event& event) {
  if (const auto* const part = std::get_if<MultipartParser::PartBegin>(&event)) {
    // Other fields and further files are ignored. The name is empty if the user has not selected a file.
    const bool wanted = part->name == kField && part->filename && !part->filename->empty() && !writer_;
    if (wanted) co_return co_await begin(*part->filename);
  } else if (const auto* const data = std::get_if<MultipartParser::PartData>(&event)) {
    if (in_file_) co_return co_await take(data->bytes);
  } else if (std::holds_alternative<MultipartParser::PartEnd>(event)) {
    in_file_ = false;
  } else if (std::holds_alternative<MultipartParser::Finished>(event)) {
    finished_ = true;
  }
  co_return std::nullopt;
}

net::Task<std::optional<Response>> Upload::receive() {
  if (body_.length().value_or(0) > context_.limits.max_upload_bytes + kFormBytes) co_return too_large();
  Buffer piece(kPieceBytes);
  const auto begun = Clock::now();
  std::uint64_t total = 0;
  while (!finished_) {
    const auto n = co_await body_.read(piece.span());
    if (!n) co_return unread_body_response(n.error());
    if (*n == 0) co_return Response::detail(400, "The form is truncated.");
    total += *n;
    if (total > context_.limits.max_upload_bytes + kFormBytes) co_return too_large();
    if (too_slow(context_.limits, Clock::now() - begun, total))
      co_return Response::detail(408, "The upload is too slow.");
    parser_.feed(piece.span().first(*n));
    for (bool more = true; more && !finished_;) {
      const auto event = parser_.next();
      if (!event) co_return Response::detail(400, event.error().text());
      more = !std::holds_alternative<MultipartParser::NeedMore>(*event);
      auto refused = co_await handle(*event);
      if (refused) co_return refused;
    }
  }
  if (!writer_) co_return missing_file();
  co_return std::nullopt;
}

net::Task<std::optional<Response>> Upload::commit() {
  const auto committed = co_await writer_->commit();
  if (!committed) co_return error_response(committed.error());
  co_return std::nullopt;
}

net::Task<void> Upload::discard() {
  if (writer_) co_await writer_->discard();
}

}  // namespace

net::Task<Response> upload_file(Api& api, http::Request& request) {
  ApiContext& context = api.context;
  const auto boundary = http::multipart_boundary(request.headers.get("Content-Type").value_or(""));
  if (!boundary) co_return missing_file();
  if (api.uploads >= context.limits.max_uploads) co_return busy_response("Too many concurrent uploads.");
  const InProgress in_progress(api.uploads);

  Upload upload(context, request, *boundary);
  auto refused = co_await upload.receive();
  if (!refused) refused = co_await upload.commit();
  if (refused) {
    co_await upload.discard();
    co_return std::move(*refused);
  }
  context.metrics.uploaded(upload.bytes());
  context.logs.add(kMasterSource, fmt::format("Uploaded {} ({} bytes).", upload.name(), upload.bytes()));
  if (context.events.has_subscribers()) context.events.publish("file", file_event_json(upload.name(), "added"));
  co_return Response::json(200, uploaded_json(upload.name()));
}

}  // namespace ece465::cluster
