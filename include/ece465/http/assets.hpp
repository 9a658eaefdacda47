#pragma once

#include <string_view>

#include "ece465/http/message.hpp"

/// Files that are part of the program: the web page, compressed by the build.

namespace ece465::http {

/// An embedded file, of static lifetime.
struct Asset {
  std::string_view path;  ///< of its URL: "/ui/1f3a/app.js"
  std::string_view type;  ///< the Content-Type
  std::string_view etag;  ///< of its content, without quotes
  Bytes plain;
  Bytes gzip;  ///< empty if compression does not make it smaller
};

/// Whether an `Accept-Encoding` header accepts gzip (RFC 9110, section 12.5.3): by name or by `*`, and not with q=0.
[[nodiscard]] bool accepts_gzip(std::string_view header);

/// Answers GET or HEAD for an asset: 200 or 304, compressed if the client accepts gzip. Sets `Cache-Control: no-cache`;
/// the handler may replace it.
[[nodiscard]] Response serve_asset(const Request& request, const Asset& asset);

}  // namespace ece465::http
