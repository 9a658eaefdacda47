#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "ece465/base/byte_sink.hpp"
#include "ece465/base/byte_source.hpp"

/// Files as they are named on the command line.

namespace ece465::cli {

/// The name that stands for standard input or output.
inline constexpr const char* kDash = "-";

/// Opens a file, or spools standard input if the name is kDash.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> open_input(const std::filesystem::path& input,
                                                             const std::stop_token& stop);

/// Fails with `usage` if `name`, the value of `option`, is "-": standard output is not available for pictures.
[[nodiscard]] Result<void> check_picture_name(std::string_view option, std::string_view name);

/// Creates the file for a picture before hours of work, so that an unwritable name is reported at once; null if `name`
/// is empty. An existing file is replaced only with `force`.
[[nodiscard]] Result<std::unique_ptr<OutputFile>> open_picture(const std::string& name, bool force);

/// Writes the whole content of a file and commits it.
[[nodiscard]] Result<void> write_text(OutputFile& file, std::string_view text);

}  // namespace ece465::cli
