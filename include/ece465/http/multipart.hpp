#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"

/// An incremental parser for multipart/form-data (RFC 7578), which buffers at most one part header or delimiter.

namespace ece465::http {

/// The `boundary` of a `Content-Type: multipart/form-data` header, if it has a valid one.
[[nodiscard]] std::optional<std::string> multipart_boundary(std::string_view content_type);

class MultipartParser {
 public:
  struct PartBegin {
    std::string name;
    std::optional<std::string> filename;
  };
  struct PartData {
    Bytes bytes;  ///< of the input or the parser; valid until the next call
  };
  struct PartEnd {};
  struct NeedMore {};
  struct Finished {};
  using Event = std::variant<NeedMore, PartBegin, PartData, PartEnd, Finished>;

  explicit MultipartParser(std::string_view boundary, std::size_t max_header_bytes = std::size_t{8} << 10);

  /// Adds input, which must stay alive until `next` returns NeedMore.
  void feed(Bytes input);
  /// Returns the next event. Fails with `corrupt`, or with `too_large` for a part's header.
  [[nodiscard]] Result<Event> next();

 private:
  enum class State { preamble, header, data, after_boundary, done };
  [[nodiscard]] Result<Event> parse_header();
  [[nodiscard]] Result<Event> parse_data();

  std::string delimiter_;  // "\r\n--boundary"
  std::size_t max_header_bytes_;
  State state_ = State::preamble;
  std::string held_;  // unconsumed bytes: an incomplete header or a possible start of a delimiter
  std::string out_;   // bytes of `held_` that turned out to be data
  Bytes input_;
  bool in_part_ = false;
  bool synthetic_line_end_ = true;  // the "\r\n" at the start of `held_` is not data
};

}  // namespace ece465::http
