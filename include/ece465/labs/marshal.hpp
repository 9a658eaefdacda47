#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"

/// Serializing a record and reading it back.

namespace ece465::labs {

enum class Syntax : std::uint8_t { json, yaml };
enum class Format : std::uint8_t { json, cbor, msgpack, yaml };

struct RecordLimits {
  /// Size of the input, text or binary: parsers need many times as much memory.
  std::size_t max_bytes = std::size_t{16} << 20;
  /// Nesting depth: values are visited recursively.
  int max_depth = 128;
  /// Values in one record. A short YAML text can expand to many through nested aliases.
  std::size_t max_values = 1'000'000;
  /// All strings together, which YAML aliases can repeat as well.
  std::size_t max_text_bytes = std::size_t{64} << 20;
  /// Each name is compared with those before it in the same object; this limits all comparisons together. Allows one
  /// object of 10,000 names, or a hundred of 1,000.
  std::size_t max_name_comparisons = 50'000'000;
};

/// The message of the course's philosopher to the coordinator.
inline constexpr std::string_view kCourseRecord = R"({"action": "REQUEST", "pid": 2})";

/// A tree of objects, arrays, strings, numbers, booleans and nulls.
class Record {
 public:
  /// Parses text. Fails with `bad_input`, naming the position, or `too_large`.
  [[nodiscard]] static Result<Record> parse(std::string_view text, Syntax syntax, const RecordLimits& limits = {});
  /// Decodes any format. Fails with `bad_input` or `too_large`.
  [[nodiscard]] static Result<Record> decode(std::string_view bytes, Format format, const RecordLimits& limits = {});
  ~Record();
  Record(Record&&) noexcept;
  Record& operator=(Record&&) noexcept;

  /// Fails with `unsupported` if the format cannot represent a value.
  [[nodiscard]] Result<std::string> encode(Format format) const;
  /// Same names in the same order, same values of the same types.
  [[nodiscard]] bool equals(const Record& other) const;

 private:
  struct Tree;
  explicit Record(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

struct MarshalResult {
  Format format = Format::json;
  std::string bytes;
  std::chrono::nanoseconds encode{}, decode{};  ///< mean of many repetitions
  bool equal = false;                           ///< the decoded copy equals the original
};

[[nodiscard]] std::string_view format_name(Format format);
/// Encodes and decodes a record in one format.
[[nodiscard]] Result<MarshalResult> marshal(const Record& record, Format format);

}  // namespace ece465::labs
