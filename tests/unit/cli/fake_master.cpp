#include "fake_master.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "ece465/http/multipart.hpp"
#include "ece465/http/range.hpp"
#include "ece465/http/server.hpp"

namespace ece465::testing {
namespace {

using Json = nlohmann::ordered_json;
using http::Request;
using http::Response;

struct Task {
  std::string id, file, result, state = "queued";
  int polls = 0;
  Json request;
};

/// A file that can only be read half.
class BrokenSource final : public ByteSource {
 public:
  explicit BrokenSource(std::string content) : content_(std::move(content)) {}
  Result<std::size_t> read_at(std::uint64_t, MutableBytes) const override { return fail(Errc::io, "broken"); }
  std::uint64_t size() const override { return content_.size(); }
  const std::string& name() const override { return content_; }

 private:
  std::string content_;
};

class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string content)
      : content_(std::move(content)), source_(borrow_memory("file", as_bytes(content_))) {}
  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override {
    return source_->read_at(offset, out);
  }
  std::uint64_t size() const override { return content_.size(); }
  const std::string& name() const override { return content_; }

 private:
  std::string content_;
  std::unique_ptr<ByteSource> source_;
};

std::string result_name(const std::string& name) {
  const auto dot = name.rfind('.');
  return name.substr(0, dot) + "_equalized" + name.substr(dot);
}

}  // namespace

struct FakeMaster::Impl {
  explicit Impl(FakeScript s) : script(std::move(s)) {}

  FakeScript script;
  asio::io_context context{1};
  asio::thread_pool pool{1};
  std::unique_ptr<http::Server> server;
  net::Address address;
  std::thread thread;
  mutable std::mutex mutex;  // guards what follows: tests look while the server works
  std::vector<std::string> requests, job_requests;
  std::map<std::string, std::string> files;
  std::vector<Task> jobs;

  void heard(const Request& request) {
    const std::string what = request.method + " " + request.path;
    {
      const std::scoped_lock lock(mutex);
      requests.push_back(what);
    }
    if (script.heard) script.heard(what);
  }

  [[nodiscard]] Json json_of(const Task& task) const {
    Json json{
        {"id", task.id}, {"file", task.file}, {"result", task.result}, {"channels", "luma"}, {"quality", nullptr}};
    json["state"] = task.state;
    json["reason"] = nullptr;
    if (task.state == "failed") json["reason"] = script.failure;
    json["phase"] = task.state == "done" ? "done" : "map";
    json["progress"] = task.state == "done" ? 1.0 : 0.25;
    json["seconds"] = 0.25;
    json["phases"] = {{"read", 0.01},  {"map", 0.02},   {"reduce", 0.0},
                      {"apply", 0.03}, {"stitch", 0.0}, {"write", 0.04}};
    json["image"] = {{"format", "PNG"}, {"width", 48}, {"height", 32}, {"bits", 8}, {"color", true}, {"pages", 1}};
    json["bytes"] = {{"pixels", 1536}, {"sent", 1536}, {"received", 1500}, {"spared", 0}};
    json["strips"] = {{"total", 2}, {"retries", 1}};
    json["workers"] = {{{"id", "a"}, {"strips", 1}, {"bytes", 768}}, {{"id", "b"}, {"strips", 1}, {"bytes", 768}}};
    json["notes"] = {"16 bits became 8, rounded"};
    return json;
  }

  int next_hello() {
    if (script.hello_statuses.empty()) return script.hello_status;
    const int status = script.hello_statuses.front();
    script.hello_statuses.pop_front();
    return status;
  }

  Task* find(const Request& request) {
    for (Task& task : jobs) {
      if (task.id == request.captured.find("id")->second) return &task;
    }
    return nullptr;
  }

  net::Task<Response> upload(Request& request) {
    heard(request);
    if (script.upload_status != 0) co_return Response::detail(script.upload_status, script.detail);
    http::MultipartParser parser(http::multipart_boundary(*request.headers.get("Content-Type")).value());
    Buffer piece(10'000);
    std::string name, content;
    for (bool finished = false; !finished;) {
      const auto n = co_await request.body->read(piece.span());
      if (!n || *n == 0) co_return Response::detail(400, "cut off");
      parser.feed(piece.span().first(*n));
      for (bool more = true; more && !finished;) {
        const auto event = parser.next();
        if (!event) co_return Response::detail(400, event.error().text());
        using Parser = http::MultipartParser;
        if (const auto* part = std::get_if<Parser::PartBegin>(&*event)) name = part->filename.value_or("");
        if (const auto* data = std::get_if<Parser::PartData>(&*event)) content += as_text(data->bytes);
        finished = std::holds_alternative<Parser::Finished>(*event);
        more = !std::holds_alternative<Parser::NeedMore>(*event);
      }
    }
    const std::scoped_lock lock(mutex);
    files[name] = content;
    co_return Response::json(200, Json{{"filename", name}, {"status", "uploaded"}}.dump());
  }

  net::Task<Response> start(Request& request) {
    heard(request);
    const auto text = co_await request.text(10'000);
    const Json body = Json::parse(text.value());
    const std::scoped_lock lock(mutex);
    job_requests.push_back(*text);
    if (script.start_status != 0) co_return Response::detail(script.start_status, script.detail);
    Task task;
    task.id = "job_" + std::to_string(jobs.size() + 1);
    task.file = body["file"];
    if (!files.contains(task.file)) co_return Response::detail(404, "File not found");
    task.result = result_name(task.file);
    task.polls = script.polls;
    if (task.file == script.busy_name) {
      task.id = "job_77";
      co_return Response::json(200, json_of(task).dump());
    }
    jobs.push_back(task);
    co_return Response::json(201, json_of(task).dump());
  }

  net::Task<Response> job(Request& request) {
    heard(request);
    const std::scoped_lock lock(mutex);
    Task* task = find(request);
    if (task == nullptr) co_return Response::detail(404, "Job not found");
    if (task->state == "queued") task->state = "running";
    if (task->state == "running" && task->polls-- <= 0) {
      task->state = script.failure.empty() ? "done" : "failed";
      if (script.failure.empty()) files[task->result] = "result of " + files[task->file];
    }
    co_return Response::json(200, json_of(*task).dump());
  }

  net::Task<Response> cancel(Request& request) {
    heard(request);
    const std::scoped_lock lock(mutex);
    Task* task = find(request);
    if (task == nullptr) co_return Response::detail(404, "Job not found");
    task->state = "cancelled";
    co_return Response::json(200, json_of(*task).dump());
  }

  net::Task<Response> download(Request& request) {
    heard(request);
    const std::scoped_lock lock(mutex);
    const auto found = files.find(request.captured.find("name")->second);
    if (found == files.end()) co_return Response::detail(404, "File not found");
    std::shared_ptr<ByteSource> source;
    if (script.broken_downloads > 0) {
      --script.broken_downloads;
      source = std::make_shared<BrokenSource>(found->second);
    } else {
      source = std::make_shared<StringSource>(found->second);
    }
    co_return http::serve_file(request, source, "\"v1\"", "image/png");
  }

  net::Task<Response> remove(Request& request) {
    heard(request);
    const std::scoped_lock lock(mutex);
    const std::string name = request.captured.find("name")->second;
    if (files.erase(name) == 0) co_return Response::detail(404, "File not found or already deleted.");
    files.erase(result_name(name));
    co_return Response::json(200, Json{{"status", "success"}, {"filename", name}}.dump());
  }

  net::Task<Response> status(Request& request) {
    heard(request);
    if (const int status = next_hello(); status != 0) co_return Response::detail(status, script.detail);
    const std::scoped_lock lock(mutex);
    Json json{{"version", "1.2.3"}, {"started", "2026-11-25T15:00:00.000Z"}, {"uptime_seconds", 65.5}, {"workers", 2}};
    json["jobs"] = {{"queued", 0}, {"running", 1}, {"done", 5}, {"failed", 0}, {"cancelled", 0}};
    json["bytes_sent"] = 3'000'000;
    json["bytes_received"] = 2'000'000;
    json["pixels_per_second"] = 1.5e6;
    json["connections"] = 3;
    co_return Response::json(200, json.dump());
  }

  net::Task<Response> workers(Request& request) {
    heard(request);
    co_return Response::json(200, script.workers_json.empty() ? R"({"workers":[]})" : script.workers_json);
  }

  net::Task<Response> list(Request& request) {
    heard(request);
    const std::scoped_lock lock(mutex);
    Json json{{"jobs", Json::array()}};
    for (const Task& task : jobs) json["jobs"].push_back(json_of(task));
    co_return Response::json(200, script.jobs_json.empty() ? json.dump() : script.jobs_json);
  }

  net::Task<Response> ready(Request& request) {
    heard(request);
    if (const int status = next_hello(); status != 0) co_return Response::detail(status, script.detail);
    co_return Response::text(200, "ready");
  }

  [[nodiscard]] http::Router routes() {
    http::Router router;
    router.add("POST", "/upload", [this](Request& request) { return upload(request); }, http::BodyUse::handler);
    router.add("POST", "/api/v1/jobs", [this](Request& request) { return start(request); }, http::BodyUse::handler);
    router.add("GET", "/api/v1/jobs", [this](Request& request) { return list(request); });
    router.add("GET", "/api/v1/jobs/{id}", [this](Request& request) { return job(request); });
    router.add("DELETE", "/api/v1/jobs/{id}", [this](Request& request) { return cancel(request); });
    router.add("GET", "/download/{name}", [this](Request& request) { return download(request); });
    router.add("DELETE", "/files/{name}", [this](Request& request) { return remove(request); });
    router.add("GET", "/api/v1/status", [this](Request& request) { return status(request); });
    router.add("GET", "/api/v1/workers", [this](Request& request) { return workers(request); });
    router.add("GET", "/readyz", [this](Request& request) { return ready(request); });
    return router;
  }
};

FakeMaster::FakeMaster(FakeScript script) : impl_(std::make_unique<Impl>(std::move(script))) {
  impl_->address = {"127.0.0.1", 0};
  start();
}

FakeMaster::~FakeMaster() {
  stop();
  impl_->pool.join();
}

void FakeMaster::start() {
  impl_->context.restart();
  impl_->server = std::make_unique<http::Server>(impl_->context, impl_->pool, impl_->routes());
  const auto address = impl_->server->listen(impl_->address);
  REQUIRE(address);
  impl_->address = *address;
  impl_->thread = std::thread([this] { impl_->context.run(); });
}

void FakeMaster::stop() {
  if (!impl_->thread.joinable()) return;
  asio::co_spawn(impl_->context, impl_->server->stop(std::chrono::milliseconds(0)), asio::detached);
  impl_->thread.join();
}

std::string FakeMaster::url() const { return "http://" + impl_->address.to_string(); }

std::vector<std::string> FakeMaster::requests() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->requests;
}

std::vector<std::string> FakeMaster::job_requests() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->job_requests;
}

std::map<std::string, std::string> FakeMaster::files() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->files;
}

std::map<std::string, std::string> FakeMaster::states() const {
  const std::scoped_lock lock(impl_->mutex);
  std::map<std::string, std::string> states;
  for (const Task& task : impl_->jobs) states[task.id] = task.state;
  return states;
}

}  // namespace ece465::testing
