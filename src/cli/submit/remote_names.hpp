#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "ece465/image/codec.hpp"

namespace ece465::cli {

/// Chooses what files are called on the master, where all lie in one folder: by their own names as far as the master
/// takes those, no two alike.
class RemoteNames {
 public:
  /// A name for `input`, with the extension that promises `format`: the master writes the result in the format that
  /// the name promises. One that the master would refuse, hide or take for a result is changed; one that was given
  /// out before gets a number ("photo-2.jpg").
  /// `tag`: put into the name so that it is nobody else's either ("photo-1f3a9c2e.jpg"); empty: none.
  [[nodiscard]] std::string take(const std::filesystem::path& input, image::Format format, std::string_view tag = "");

 private:
  std::set<std::string> taken_;
};

/// Eight random hexadecimal digits.
[[nodiscard]] std::string random_tag();

}  // namespace ece465::cli
