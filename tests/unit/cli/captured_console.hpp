#pragma once

#include <fcntl.h>

#include "common/console.hpp"
#include "ece465/base/descriptor.hpp"
#include "temp_folder.hpp"

namespace ece465::testing {

/// A console whose two streams are files that can be read back.
class CapturedConsole {
 public:
  CapturedConsole() : out_(create("stdout")), err_(create("stderr")), console_(out_.get(), err_.get()) {}

  [[nodiscard]] cli::Console& operator*() { return console_; }
  [[nodiscard]] std::string out() const { return folder_.read("stdout"); }
  [[nodiscard]] std::string err() const { return folder_.read("stderr"); }

 private:
  [[nodiscard]] Descriptor create(const char* name) const {
    return Descriptor(::open((folder_ / name).c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
  }

  TempFolder folder_;
  Descriptor out_, err_;
  cli::Console console_;
};

}  // namespace ece465::testing
