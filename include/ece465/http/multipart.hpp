#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"

/// multipart/form-data (RFC 7578) as a pure function over the bytes as they arrive: nothing is kept but a line.

namespace ece465::http {

/// The `boundary` of a `Content-Type: multipart/form-data` header, or nothing.
[[nodiscard]] std::optional<std::string> multipart_boundary(std::string_view content_type);

class MultipartParser {
 public:
  struct PartBegin {
    std::string name;
    std::optional<std::string> filename;
  };
  struct PartData {
    Bytes bytes;  ///< points into the fed input or the parser; valid until the next call
  };
  struct PartEnd {};
  struct NeedMore {};
  struct Finished {};
  using Event = std::variant<NeedMore, PartBegin, PartData, PartEnd, Finished>;

  explicit MultipartParser(std::string_view boundary, std::size_t max_header_bytes = std::size_t{8} << 10);

  /// Gives the parser more input, which must stay alive until `next` says NeedMore.
  void feed(Bytes input);
  /// The next event. Fails with `corrupt` or `too_large` (a part's header).
  [[nodiscard]] Result<Event> next();

 private:
  enum class State { preamble, header, data, after_boundary, done };
  [[nodiscard]] Result<Event> parse_header();
  [[nodiscard]] Result<Event> parse_data();

  std::string delimiter_;  // "\r\n--boundary"
  std::size_t max_header_bytes_;
  State state_ = State::preamble;
  std::string held_;  // unconsumed bytes: a header so far, or what may be the beginning of a delimiter
  std::string out_;   // bytes handed out of `held_`
  Bytes input_;
  bool in_part_ = false;
  bool borrowed_ = true;  // the "\r\n" at the start of `held_` is no data
};

}  // namespace ece465::http
