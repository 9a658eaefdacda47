#include "ece465/labs/marshal.hpp"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

/// The only file of this module that uses yaml-cpp, and the one that catches its exceptions.

namespace ece465::labs {
namespace {

// Keeps the order of names.
using Json = nlohmann::ordered_json;

/// Enforces RecordLimits while a record is read.
class Budget {
 public:
  explicit Budget(const RecordLimits& limits) : limits_(limits) {}
  [[nodiscard]] Result<void> take(int depth) {
    if (depth > limits_.max_depth)
      return fail(Errc::too_large, "values are nested more than {} deep", limits_.max_depth);
    if (++values_ > limits_.max_values) return fail(Errc::too_large, "more than {} values", limits_.max_values);
    return {};
  }
  [[nodiscard]] Result<void> take_text(std::string_view text) {
    text_bytes_ += text.size();
    if (text_bytes_ <= limits_.max_text_bytes) return {};
    return fail(Errc::too_large, "strings of more than {} bytes in total", limits_.max_text_bytes);
  }
  /// One more name in an object that has `names` so far.
  [[nodiscard]] Result<void> take_name(std::size_t names) {
    name_comparisons_ += names;
    if (name_comparisons_ <= limits_.max_name_comparisons) return {};
    return fail(Errc::too_large, "too many names in objects, {} or more in one", names);
  }

 private:
  const RecordLimits& limits_;
  std::size_t values_ = 0;
  std::size_t text_bytes_ = 0;
  std::size_t name_comparisons_ = 0;
};

/// Builds a tree from a parser's events, and stops the parser at a limit.
class Builder : public nlohmann::detail::json_sax_dom_parser<Json> {
  using Base = nlohmann::detail::json_sax_dom_parser<Json>;

 public:
  Builder(Json& into, const RecordLimits& limits) : Base(into, false), budget_(limits) {}
  bool null() { return fits() && Base::null(); }
  bool boolean(bool value) { return fits() && Base::boolean(value); }
  bool number_integer(number_integer_t value) { return fits() && Base::number_integer(value); }
  bool number_unsigned(number_unsigned_t value) { return fits() && Base::number_unsigned(value); }
  bool number_float(number_float_t value, const string_t& text) { return fits() && Base::number_float(value, text); }
  bool string(string_t& value) { return fits() && Base::string(value); }
  bool binary(binary_t& value) { return fits() && Base::binary(value); }
  // The announced length is not trusted: -1 (unknown) keeps the base class from reserving memory for it.
  bool start_object(std::size_t) {
    names_.push_back(0);
    return fits(1) && Base::start_object(static_cast<std::size_t>(-1));
  }
  bool key(string_t& name) { return passes(budget_.take_name(names_.back()++)) && Base::key(name); }
  bool end_object() {
    names_.pop_back();
    return --depth_, Base::end_object();
  }
  bool start_array(std::size_t) { return fits(1) && Base::start_array(static_cast<std::size_t>(-1)); }
  bool end_array() { return --depth_, Base::end_array(); }
  template <class Exception>
  bool parse_error(std::size_t /*position*/, const std::string&, const Exception& error) {
    if (!error_) {
      // "[json.exception.parse_error.101] parse error at line 1, column 2: ...": without the prefix in brackets.
      std::string_view what = error.what();
      what.remove_prefix(std::min(what.find("] ") + 2, what.size()));
      error_ = Error{Errc::bad_input, std::string(what)};
    }
    return false;
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  bool fits(int deeper = 0) {
    depth_ += deeper;
    return passes(budget_.take(depth_));
  }
  bool passes(Result<void> taken) {
    if (!taken) error_ = std::move(taken).error();
    return !error_;
  }
  Budget budget_;
  int depth_ = 0;
  std::vector<std::size_t> names_;  // number of names in each open object
  std::optional<Error> error_;
};

Result<Json> read_json(std::string_view bytes, nlohmann::detail::input_format_t format, const RecordLimits& limits) {
  Json root;
  Builder builder(root, limits);
  if (Json::sax_parse(bytes.begin(), bytes.end(), &builder, format)) return root;
  return std::unexpected(builder.error().value_or(Error{Errc::bad_input, "not a record"}));
}

/// The value of a plain scalar, by YAML 1.2's core schema.
Json plain_value(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (text == ".inf" || text == "+.inf") return std::numeric_limits<double>::infinity();
  if (text == "-.inf") return -std::numeric_limits<double>::infinity();
  if (text == ".nan") return std::numeric_limits<double>::quiet_NaN();
  const char* const end = text.data() + text.size();
  const auto whole = [&](auto number) -> std::optional<Json> {
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end ? std::optional<Json>(number) : std::nullopt;
  };
  if (auto number = whole(std::uint64_t{})) return *number;
  if (auto number = whole(std::int64_t{})) return *number;
  const bool begins_as_number =
      text.find_first_of("0123456789") <= 2 && text.find_first_not_of("+-.0123456789eE") == std::string::npos;
  if (begins_as_number) {
    if (auto number = whole(double{})) return *number;
  }
  return text;
}

Result<Json> json_of(const YAML::Node& node, Budget& budget, int depth) {
  ECE465_TRY(budget.take(depth));
  if (node.IsScalar()) {
    ECE465_TRY(budget.take_text(node.Scalar()));
    // yaml-cpp gives quoted scalars the tag "!".
    if (node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str") return Json(node.Scalar());
    return plain_value(node.Scalar());
  }
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const auto& item : node) {
      ECE465_ASSIGN(Json value, json_of(item, budget, depth + 1));
      list.push_back(std::move(value));
    }
    return list;
  }
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& pair : node) {
      if (!pair.first.IsScalar())
        return fail(Errc::bad_input, "a name is not a string, in line {}", pair.first.Mark().line + 1);
      ECE465_ASSIGN(Json value, json_of(pair.second, budget, depth + 1));
      const std::string& name = pair.first.Scalar();
      ECE465_TRY(budget.take_text(name));
      ECE465_TRY(budget.take_name(object.size()));
      if (!object.emplace(name, std::move(value)).second)
        return fail(Errc::bad_input, "duplicate name {}, in line {}", name, pair.first.Mark().line + 1);
    }
    return object;
  }
  return Json(nullptr);
}

Result<Json> read_yaml(std::string_view text, const RecordLimits& limits) {
  try {
    Budget budget(limits);
    return json_of(YAML::Load(std::string(text)), budget, 0);
  } catch (const YAML::Exception& e) {
    return fail(Errc::bad_input, "{}, in line {}", e.msg, e.mark.line + 1);
  }
}

/// Always with a point or exponent, so that it reads back as a floating-point number.
std::string yaml_number(double number) {
  if (std::isnan(number)) return ".nan";
  if (std::isinf(number)) return number > 0 ? ".inf" : "-.inf";
  std::string text = fmt::format("{}", number);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void emit(YAML::Emitter& out, const Json& value) {
  if (value.is_object()) {
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginMap;
    for (const auto& [name, item] : value.items()) {
      // Unquoted only if it certainly reads back as a string.
      const bool simple = !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos &&
                          plain_value(name).is_string() && name.size() < 64;
      out << YAML::Key;
      if (!simple) out << YAML::DoubleQuoted;
      out << name << YAML::Value;
      emit(out, item);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
    for (const Json& item : value) emit(out, item);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    out << YAML::DoubleQuoted << value.get_ref<const std::string&>();
  } else if (value.is_number_float()) {
    out << yaml_number(value.get<double>());
  } else if (value.is_null()) {
    out << YAML::Null;  // the string "null" would be quoted
  } else {
    out << value.dump();
  }
}

Result<std::string> yaml_of(const Json& value) {
  try {
    YAML::Emitter out;
    emit(out, value);
    if (!out.good()) return fail(Errc::unsupported, "cannot be written as YAML: {}", out.GetLastError());
    return std::string(out.c_str(), out.size()) + "\n";
  } catch (const YAML::Exception& e) {
    return fail(Errc::unsupported, "cannot be written as YAML: {}", e.msg);
  }
}

bool has_not_finite(const Json& value) {
  if (value.is_number_float()) return !std::isfinite(value.get<double>());
  return value.is_structured() && std::any_of(value.begin(), value.end(), has_not_finite);
}

}  // namespace

struct Record::Tree {
  Json json;
};

Record::Record(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
Record::~Record() = default;
Record::Record(Record&&) noexcept = default;
Record& Record::operator=(Record&&) noexcept = default;

Result<Record> Record::parse(std::string_view text, Syntax syntax, const RecordLimits& limits) {
  return decode(text, syntax == Syntax::json ? Format::json : Format::yaml, limits);
}

Result<Record> Record::decode(std::string_view bytes, Format format, const RecordLimits& limits) {
  if (bytes.size() > limits.max_bytes) return fail(Errc::too_large, "more than {} bytes", limits.max_bytes);
  using Input = nlohmann::detail::input_format_t;
  Result<Json> json = format == Format::yaml      ? read_yaml(bytes, limits)
                      : format == Format::cbor    ? read_json(bytes, Input::cbor, limits)
                      : format == Format::msgpack ? read_json(bytes, Input::msgpack, limits)
                                                  : read_json(bytes, Input::json, limits);
  if (!json) return std::unexpected(std::move(json).error());
  return Record(std::make_unique<Tree>(*std::move(json)));
}

Result<std::string> Record::encode(Format format) const {
  std::string bytes;
  switch (format) {
    case Format::json:
      if (has_not_finite(tree_->json)) return fail(Errc::unsupported, "JSON cannot represent infinity and NaN");
      try {
        return tree_->json.dump();
      } catch (const Json::exception&) {
        return fail(Errc::unsupported, "a string is not UTF-8, which JSON requires");
      }
    case Format::cbor: Json::to_cbor(tree_->json, bytes); return bytes;
    case Format::msgpack: Json::to_msgpack(tree_->json, bytes); return bytes;
    case Format::yaml: return yaml_of(tree_->json);
  }
  return fail(Errc::internal, "no such format");
}

bool Record::equals(const Record& other) const { return tree_->json == other.tree_->json; }

std::string_view format_name(Format format) {
  switch (format) {
    case Format::json: return "json";
    case Format::cbor: return "cbor";
    case Format::msgpack: return "msgpack";
    case Format::yaml: return "yaml";
  }
  return "?";
}

Result<MarshalResult> marshal(const Record& record, Format format) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kMinTime = std::chrono::milliseconds(5);  // repetitions average out the clock's resolution
  MarshalResult done{.format = format, .bytes = {}};
  std::int64_t times = 0;
  const auto encoding = Clock::now();
  do {
    ECE465_ASSIGN(done.bytes, record.encode(format));
    ++times;
  } while (Clock::now() - encoding < kMinTime);
  done.encode = (Clock::now() - encoding) / times;
  times = 0;
  const auto decoding = Clock::now();
  do {
    ECE465_ASSIGN(const Record copy, Record::decode(done.bytes, format));
    if (times++ == 0) done.equal = record.equals(copy);
  } while (Clock::now() - decoding < kMinTime);
  done.decode = (Clock::now() - decoding) / times;
  return done;
}

}  // namespace ece465::labs
