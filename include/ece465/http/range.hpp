#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ece465/http/message.hpp"

/// Downloads: ranges and validators (RFC 9110, sections 8.8, 13 and 14).

namespace ece465::http {

struct Range {
  std::uint64_t offset = 0, length = 0;
  bool operator==(const Range&) const = default;
};

enum class RangeKind { whole, part, unsatisfiable };
struct RangeAnswer {
  RangeKind kind = RangeKind::whole;
  Range range;
};
/// One byte range of `Range:`; a malformed header, another unit or several ranges mean the whole, as the RFC allows.
[[nodiscard]] RangeAnswer parse_range(std::string_view header, std::uint64_t size);

/// Whether an `If-None-Match` or `If-Match` list names `etag` (weak comparison) or is `*`.
[[nodiscard]] bool etag_matches(std::string_view list, std::string_view etag);

/// `Content-Disposition` for a download under `name`, safe for any UTF-8 (RFC 6266).
[[nodiscard]] std::string attachment(std::string_view name);

/// Answers GET or HEAD for a file: 200, 206, 304, 412 or 416, with ETag, Accept-Ranges and the type given.
[[nodiscard]] Response serve_file(const Request& request, std::shared_ptr<const ByteSource> file, std::string_view etag,
                                  std::string_view type);

}  // namespace ece465::http
