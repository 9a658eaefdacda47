#include "ece465/ui/page.hpp"

namespace ece465::ui {

/// Of a build without the page; otherwise assemble/assemble.mjs writes this.
std::span<const http::Asset> page_assets() { return {}; }

}  // namespace ece465::ui
