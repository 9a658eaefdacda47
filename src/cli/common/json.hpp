#pragma once

#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ece465::cli {

/// A JSON value to print, held as text. nlohmann-json would do, but each file that builds values with it takes 3 to 5
/// seconds longer to compile; json.cpp leaves strings, numbers and parsing to it.
class Json {
 public:
  using Member = std::pair<std::string_view, Json>;

  Json() : text_("null") {}
  Json(double value);
  Json(std::string_view value);  ///< bytes that are not UTF-8 are replaced
  Json(const char* value) : Json(std::string_view(value)) {}
  Json(const std::string& value) : Json(std::string_view(value)) {}
  Json(std::initializer_list<Member> members);  ///< an object; keys keep their order
  template <std::integral T>
  Json(T value) {
    if constexpr (std::same_as<T, bool>) {
      text_ = value ? "true" : "false";
    } else {
      text_ = std::to_string(value);
    }
  }
  template <class T>
  Json(const std::optional<T>& value) : Json(value ? Json(*value) : Json()) {}

  /// An array of these values.
  template <class Range = std::initializer_list<Json>>
  [[nodiscard]] static Json array(const Range& values = {}) {
    Json array(Text{}, "[]");
    for (const auto& value : values) array.push_back(value);
    return array;
  }
  /// Appends to an array.
  void push_back(const Json& value) { append(value.text_); }
  /// Appends to an object.
  void add(std::string_view key, const Json& value);

  /// Parses text, or one member of the object that it is; null if it is not that.
  [[nodiscard]] static Json parse(std::string_view text, const char* member = nullptr);

  /// On one line.
  [[nodiscard]] const std::string& compact() const { return text_; }
  /// Indented by two spaces.
  [[nodiscard]] std::string pretty() const;

 private:
  struct Text {};
  Json(Text, std::string text) : text_(std::move(text)) {}
  void append(std::string_view element);

  std::string text_;
};

[[nodiscard]] std::string json_library_version();

}  // namespace ece465::cli
