#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"

/// A record as bytes, and back.

namespace ece465::labs {

enum class Syntax : std::uint8_t { json, yaml };
enum class Format : std::uint8_t { json, cbor, msgpack, yaml };

struct RecordLimits {
  /// The text of a record, and the bytes of one: parsers use many times the size.
  std::size_t max_bytes = std::size_t{16} << 20;
  /// How deep values lie within values: walking them takes the stack.
  int max_depth = 128;
  /// Values in one record. YAML's aliases can repeat a value that repeats values, and so on.
  std::size_t max_values = 1'000'000;
  /// And repeat long texts: all of them together.
  std::size_t max_text_bytes = std::size_t{64} << 20;
  /// Each name is looked for among those before it in its object, one by one: so many looks in all. One object of
  /// 10,000 names, or a hundred of 1,000.
  std::size_t max_looks = 50'000'000;
};

/// The course notes' message between a philosopher and the coordinator.
inline constexpr std::string_view kCourseRecord = R"({"action": "REQUEST", "pid": 2})";

/// A tree of objects, lists, texts, numbers and truth values.
class Record {
 public:
  /// Reads a text; its errors are `bad_input` and say where, or `too_large`.
  [[nodiscard]] static Result<Record> parse(std::string_view text, Syntax syntax, const RecordLimits& limits = {});
  /// Reads bytes of any of the formats; errors are `bad_input` or `too_large`.
  [[nodiscard]] static Result<Record> decode(std::string_view bytes, Format format, const RecordLimits& limits = {});
  ~Record();
  Record(Record&&) noexcept;
  Record& operator=(Record&&) noexcept;

  /// Fails with `unsupported` for what a format cannot say.
  [[nodiscard]] Result<std::string> encode(Format format) const;
  /// The same names, in the same order where order counts, the same values of the same kinds.
  [[nodiscard]] bool equals(const Record& other) const;

 private:
  struct Tree;
  explicit Record(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

struct MarshalResult {
  Format format = Format::json;
  std::string bytes;
  std::chrono::nanoseconds encode{}, decode{};  ///< the mean of many times
  bool equal = false;                           ///< the copy that was made of the bytes equals the original
};

[[nodiscard]] std::string_view format_name(Format format);
/// There and back, in one format.
[[nodiscard]] Result<MarshalResult> marshal(const Record& record, Format format);

}  // namespace ece465::labs
