#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string_view>

#include "ece465/base/byte_sink.hpp"
#include "ece465/base/byte_source.hpp"

/// Files as the command line names them.

namespace ece465::cli {

/// Standard input or output, as a file's name.
inline constexpr const char* kDash = "-";

/// Opens a path or spools standard input, as its name on the command line says.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> open_input(const std::filesystem::path& input,
                                                             const std::stop_token& stop);

/// Writes a text as all that is in a file, which then has its name.
[[nodiscard]] Result<void> write_text(OutputFile& file, std::string_view text);

}  // namespace ece465::cli
