#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ece465/http/message.hpp"

/// Ranges and validators of downloads (RFC 9110, sections 8.8, 13 and 14).

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
/// Parses a `Range` header with one byte range; a malformed header, another unit and several ranges mean the whole
/// file, as the RFC allows.
[[nodiscard]] RangeAnswer parse_range(std::string_view header, std::uint64_t size);

/// Whether an `If-None-Match` or `If-Match` list contains `etag` (weak comparison) or is `*`.
[[nodiscard]] bool etag_matches(std::string_view list, std::string_view etag);

/// The `Content-Disposition` of a download named `name`, which may be any UTF-8 (RFC 6266).
[[nodiscard]] std::string attachment(std::string_view name);

/// Answers GET or HEAD for a file: 200, 206, 304, 412 or 416, with ETag, Accept-Ranges and the given Content-Type.
[[nodiscard]] Response serve_file(const Request& request, std::shared_ptr<const ByteSource> file, std::string_view etag,
                                  std::string_view type);

}  // namespace ece465::http
