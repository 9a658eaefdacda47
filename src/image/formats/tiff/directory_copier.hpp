#pragma once

#include <string>
#include <vector>

#include "directory_writer.hpp"

namespace ece465::image::tiff {

/// The differences between a copied directory and the original.
struct TagEdits {
  std::vector<std::uint16_t> remove;
  std::vector<NewEntry> add;  ///< these replace tags of the same number
};

/// Copies directories tag by tag, known and unknown, byte for byte.
class DirectoryCopier {
 public:
  /// All must outlive the copier. `notes` receives remarks for the user about what cannot be copied.
  DirectoryCopier(const ValueReader& from, DirectoryWriter& to, std::vector<std::string>& notes)
      : from_(from), to_(to), notes_(notes) {}

  /// Copies everything except segments, whose new location is part of `edits`. Linked directories keep their indices.
  [[nodiscard]] Result<NewDirectory> copy(const Directory& directory, TagEdits edits);
  /// Copies a directory and its image data without decoding it.
  [[nodiscard]] Result<NewDirectory> copy_with_image(const Directory& directory);

 private:
  Result<void> copy_segments(const Directory& directory, TagEdits& edits);
  Result<void> copy_old_jpeg(const Directory& directory, TagEdits& edits);
  void note(std::string text);

  const ValueReader& from_;
  DirectoryWriter& to_;
  std::vector<std::string>& notes_;
};

}  // namespace ece465::image::tiff
