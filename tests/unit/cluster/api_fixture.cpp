#include "api_fixture.hpp"

#include <nlohmann/json.hpp>

#include "api/route_table.hpp"

namespace ece465::cluster::testing {
namespace {

using json = nlohmann::json;

const json& document() {
  static const json kDocument = json::parse(openapi_document(route_table(), "1.2.3"));
  return kDocument;
}

/// Validates `value` against a JSON schema (the keywords that the document uses). Returns the first violation, or "".
std::string violation(const json& value, const json& schema, const std::string& where);

bool has_type(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  return false;
}

std::string object_violation(const json& value, const json& schema, const std::string& where) {
  for (const auto& key : schema.value("required", json::array())) {
    if (!value.contains(key.get<std::string>())) return where + ": " + key.dump() + " is missing";
  }
  const json properties = schema.value("properties", json::object());
  for (const auto& [key, member] : value.items()) {
    if (!properties.contains(key)) {
      if (schema.value("additionalProperties", true)) continue;
      return where + ": " + key + " is not documented";
    }
    const std::string found = violation(member, properties[key], where + "." + key);
    if (!found.empty()) return found;
  }
  return {};
}

std::string violation(const json& value, const json& schema, const std::string& where) {
  if (schema.contains("$ref")) {
    const auto reference = schema["$ref"].get<std::string>();
    return violation(value, document().at(json::json_pointer(reference.substr(1))), where);
  }
  if (schema.contains("oneOf")) {
    int fitting = 0;
    for (const auto& one : schema["oneOf"]) fitting += violation(value, one, where).empty() ? 1 : 0;
    return fitting == 1 ? "" : where + ": fits " + std::to_string(fitting) + " of " + schema.dump();
  }
  if (schema.contains("const") && value != schema["const"]) return where + ": is " + value.dump();
  if (schema.contains("enum") && std::ranges::find(schema["enum"], value) == schema["enum"].end()) {
    return where + ": is " + value.dump();
  }
  if (schema.contains("type")) {
    const json types = schema["type"].is_array() ? schema["type"] : json::array({schema["type"]});
    const auto fits = [&](const json& type) { return has_type(value, type.get<std::string>()); };
    if (std::ranges::none_of(types, fits)) return where + ": " + value.dump() + " is not of type " + types.dump();
  }
  if (value.is_object()) return object_violation(value, schema, where);
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      const std::string found = violation(value[i], schema["items"], where + "[" + std::to_string(i) + "]");
      if (!found.empty()) return found;
    }
  }
  return {};
}

http::Client client_of(const ApiFixture& api) {
  http::Url url;
  url.address = api.address;
  http::ClientOptions options;
  options.idle_timeout = kLong;
  return http::Client(std::move(url), options);
}

}  // namespace

net::Task<http::ClientResponse> call(ApiFixture& api, std::string method, std::string target, std::string json_body) {
  http::Client client = client_of(api);
  const auto answer = co_await client.request(method, target, json_body);
  INFO((answer ? "" : answer.error().text()));
  REQUIRE(answer);
  co_return *answer;
}

net::Task<http::ClientResponse> get(ApiFixture& api, std::string target) {
  co_return co_await call(api, "GET", std::move(target));
}

net::Task<http::ClientResponse> upload(ApiFixture& api, std::string name, std::string content) {
  http::Client client = client_of(api);
  const auto source = borrow_memory(name, as_bytes(content));
  http::FilePart part;
  part.field = "file";
  part.filename = name;
  part.source = source.get();
  const auto answer = co_await client.upload("/upload", part);
  INFO((answer ? "" : answer.error().text()));
  REQUIRE(answer);
  co_return *answer;
}

net::Task<std::string> raw(ApiFixture& api, std::string bytes) {
  auto stream = co_await net::connect(api.address, kLong);
  REQUIRE(stream);
  (void)co_await stream->write(as_bytes(bytes), kLong);
  std::string all;
  Buffer piece(std::size_t{64} << 10);
  for (;;) {
    const auto n = co_await stream->read_some(piece.span(), kLong);
    if (!n || *n == 0) break;
    all += as_text(piece.span().first(*n));
  }
  co_return all;
}

net::Task<void> cut_off(ApiFixture& api, std::string bytes) {
  auto stream = co_await net::connect(api.address, kLong);
  REQUIRE(stream);
  (void)co_await stream->write(as_bytes(bytes), kLong);
}

int status_of(const std::string& answer) {
  constexpr std::size_t kAt = std::string_view("HTTP/1.1 ").size();
  return answer.size() < kAt + 3 ? 0 : std::stoi(answer.substr(kAt, 3));
}

std::string body_of(const std::string& answer) {
  const auto head_end = answer.find("\r\n\r\n");
  return head_end == std::string::npos ? "" : answer.substr(head_end + 4);
}

std::string form(std::string_view field, std::string_view file_name, std::string_view content) {
  return fmt::format("--XX\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\r\n{}\r\n--XX--\r\n",
                     field, file_name, content);
}

std::string form_request(std::string_view form) {
  return fmt::format(
      "POST /upload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=XX\r\n"
      "Content-Length: {}\r\n\r\n{}",
      form.size(), form);
}

void check_documented(std::string_view method, std::string_view path, const http::ClientResponse& answer) {
  CAPTURE(method);
  CAPTURE(path);
  CAPTURE(answer.status);
  CAPTURE(answer.body.substr(0, 2000));
  std::string small(method);
  for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const json responses = document().at("paths").at(std::string(path)).at(small).at("responses");
  REQUIRE(responses.contains(std::to_string(answer.status)));
  const json documented = responses[std::to_string(answer.status)].value("content", json::object());
  const std::string type(answer.headers.get("Content-Type").value_or(""));
  if (documented.empty()) return;
  if (documented.contains("application/json")) {
    CHECK(type == "application/json");
    const json body = json::parse(answer.body, nullptr, false);
    REQUIRE(!body.is_discarded());
    CHECK(violation(body, documented["application/json"]["schema"], "answer") == "");
  } else if (!documented.contains("application/octet-stream")) {
    CHECK(documented.contains(type.substr(0, type.find(';'))));
  }
}

}  // namespace ece465::cluster::testing
