#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "ece465/image/codec.hpp"

namespace ece465::cli {

/// Chooses unique names for files on the master, which has a single folder: their own names if the master accepts them.
class RemoteNames {
 public:
  /// A name for `input` with an extension of `format`, because the extension decides the format of the result. A name
  /// that the master would refuse, hide or take for a result is changed; one that was used before gets a number
  /// ("photo-2.jpg").
  /// `tag`: added to make the name unique among all clients ("photo-1f3a9c2e.jpg"); empty: none.
  [[nodiscard]] std::string take(const std::filesystem::path& input, image::Format format, std::string_view tag = "");

 private:
  std::set<std::string> taken_;
};

/// Eight random hexadecimal digits.
[[nodiscard]] std::string random_tag();

}  // namespace ece465::cli
