#pragma once

#include <string_view>

#include "ece465/http/message.hpp"

/// Files that are part of the program: the web page, compressed when it was built.

namespace ece465::http {

/// One of them. All of it lives as long as the program.
struct Asset {
  std::string_view path;  ///< where it is served: "/ui/1f3a/app.js"
  std::string_view type;  ///< its Content-Type
  std::string_view etag;  ///< of its content, without quotes
  Bytes plain;
  Bytes gzip;  ///< empty: it does not get smaller
};

/// Whether an `Accept-Encoding` header takes gzip (RFC 9110, section 12.5.3): named, or by `*`, and not with q=0.
[[nodiscard]] bool accepts_gzip(std::string_view header);

/// Answers GET or HEAD for an asset: 200 or 304, compressed for those who take it. The answer may be kept, and is to
/// be asked for again (`no-cache`) unless the handler says otherwise.
[[nodiscard]] Response serve_asset(const Request& request, const Asset& asset);

}  // namespace ece465::http
