#include "inputs.hpp"

#include <unistd.h>

#include "ece465/base/limits.hpp"

namespace ece465::cli {

Result<std::unique_ptr<ByteSource>> open_input(const std::string& name, const std::stop_token& stop) {
  if (name == "-") return spool(STDIN_FILENO, "standard input", Limits{}.max_stdin_bytes, stop);
  return open_file(name);
}

}  // namespace ece465::cli
