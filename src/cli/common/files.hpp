#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
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

/// Whether a picture can be written to a file that an option names. Fails with `usage` for "-": standard output has
/// another use.
[[nodiscard]] Result<void> check_picture_name(std::string_view option, std::string_view name);

/// Makes the place for a picture, before hours of work, so that a name that cannot be written is known at once; null if
/// there is no name. What exists is replaced by `force` only.
[[nodiscard]] Result<std::unique_ptr<OutputFile>> open_picture(const std::string& name, bool force);

/// Writes a text as all that is in a file, which then has its name.
[[nodiscard]] Result<void> write_text(OutputFile& file, std::string_view text);

}  // namespace ece465::cli
