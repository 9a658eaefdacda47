#pragma once

#include <string>
#include <vector>

#include "directory_writer.hpp"

namespace ece465::image::tiff {

/// What a copied directory does not share with the original.
struct Edits {
  std::vector<std::uint16_t> without;  ///< tags to leave out
  std::vector<NewEntry> with;          ///< tags to add; those of the same number are left out by themselves
};

/// Copies directories tag by tag, known and unknown, byte for byte.
class DirectoryCopier {
 public:
  /// All must outlive the copier. `notes`: for a person, when something cannot be copied.
  DirectoryCopier(const Values& from, DirectoryWriter& to, std::vector<std::string>& notes)
      : from_(from), to_(to), notes_(notes) {}

  /// Copies everything but segments: `edits` says where those are now. What the directory points to keeps its index.
  [[nodiscard]] Result<NewDirectory> copy(const Directory& directory, Edits edits);
  /// Copies a directory together with its image data as it is, whatever its compression.
  [[nodiscard]] Result<NewDirectory> copy_with_image(const Directory& directory);

 private:
  Result<void> move_segments(const Directory& directory, Edits& edits);
  Result<void> move_old_jpeg(const Directory& directory, Edits& edits);
  void note(std::string text);

  const Values& from_;
  DirectoryWriter& to_;
  std::vector<std::string>& notes_;
};

}  // namespace ece465::image::tiff
