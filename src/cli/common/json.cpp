#include "json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace ece465::cli {
namespace {

using Value = nlohmann::ordered_json;

std::string dump(const Value& value) { return value.dump(-1, ' ', false, Value::error_handler_t::replace); }

}  // namespace

Json::Json(double value) : text_(dump(value)) {}
Json::Json(std::string_view value) : text_(dump(value)) {}

Json::Json(std::initializer_list<Member> members) : text_("{}") {
  for (const auto& [key, value] : members) add(key, value);
}

void Json::add(std::string_view key, const Json& value) { append(Json(key).text_ + ":" + value.text_); }

void Json::append(std::string_view element) {
  const bool first = text_.size() == 2;
  const char close = text_.back();
  text_.back() = ',';
  if (first) text_.pop_back();
  text_.append(element) += close;
}

Json Json::parse(std::string_view text, const char* member) {
  const Value value = Value::parse(text, nullptr, false);
  if (value.is_discarded()) return {};
  if (member == nullptr) return Json(Text{}, dump(value));
  return value.is_object() && value.contains(member) ? Json(Text{}, dump(value[member])) : Json();
}

std::string Json::pretty() const {
  std::string out;
  std::size_t depth = 0;
  const auto new_line = [&] { (out += '\n').append(2 * depth, ' '); };
  bool in_string = false;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    const char c = text_[i];
    if (in_string) {
      out += c;
      if (c == '\\') out += text_[++i];
      in_string = c != '"';
    } else if (c == '{' || c == '[') {
      out += c;
      if (text_[i + 1] == '}' || text_[i + 1] == ']') {
        out += text_[++i];
      } else {
        ++depth;
        new_line();
      }
    } else if (c == '}' || c == ']') {
      --depth;
      new_line();
      out += c;
    } else {
      out += c;
      in_string = c == '"';
      if (c == ',') new_line();
      if (c == ':') out += ' ';
    }
  }
  return out;
}

std::string json_library_version() {
  return fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
}

}  // namespace ece465::cli
