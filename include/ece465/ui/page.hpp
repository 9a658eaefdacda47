#pragma once

#include <span>

#include "ece465/http/assets.hpp"

namespace ece465::ui {

/// The files of the web page, as they were when the program was built: `/`, and everything that it names, under one
/// folder whose name is a hash of them all. Empty in a build without the page (ECE465_UI=OFF).
[[nodiscard]] std::span<const http::Asset> page_assets();

}  // namespace ece465::ui
