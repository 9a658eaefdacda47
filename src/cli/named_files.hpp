#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "ece465/base/byte_source.hpp"

namespace ece465::cli {

/// Opens a file, or for "-" standard input.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> open_input(const std::string& name, const std::stop_token& stop);

}  // namespace ece465::cli
