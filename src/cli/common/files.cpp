#include "files.hpp"

#include <unistd.h>

#include "ece465/base/limits.hpp"

namespace ece465::cli {

Result<std::unique_ptr<ByteSource>> open_input(const std::filesystem::path& input, const std::stop_token& stop) {
  if (input == kDash) return spool(STDIN_FILENO, "standard input", Limits{}.max_stdin_bytes, stop);
  return open_file(input);
}

Result<void> check_picture_name(std::string_view option, std::string_view name) {
  if (name != kDash) return {};
  return fail(Errc::usage, "{} -: a picture cannot be written to standard output; name a file", option);
}

Result<std::unique_ptr<OutputFile>> open_picture(const std::string& name, bool force) {
  if (name.empty()) return nullptr;
  return OutputFile::create(name, force ? OutputFile::Existing::replace : OutputFile::Existing::refuse);
}

Result<void> write_text(OutputFile& file, std::string_view text) {
  ECE465_TRY(file.write_at(0, as_bytes(text)));
  return file.commit();
}

}  // namespace ece465::cli
