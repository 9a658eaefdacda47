#pragma once

#include <functional>
#include <map>
#include <vector>

#include "directory.hpp"
#include "ece465/base/byte_sink.hpp"

namespace ece465::image::tiff {

/// A tag of a directory to write. Values of more than 8 bytes are in the file already.
struct NewEntry {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;
  std::uint64_t count = 0;
  std::uint64_t offset = 0;          ///< of values of more than 8 bytes
  std::array<std::byte, 8> field{};  ///< values of up to 8 bytes, in the file's byte order

  [[nodiscard]] bool in_field() const { return bytes() <= field.size(); }

  [[nodiscard]] std::uint64_t bytes() const { return count * type_bytes(type); }
};

struct NewDirectory {
  std::vector<NewEntry> entries;
  std::vector<Link> links;  ///< chains hold the indices given to `put`
};

/// Writes a TIFF: first the pixels as they are produced, then values, then the directories and finally the header at
/// the beginning of the file. By then it is known whether offsets fit 32 bits: a classic TIFF that exceeds 4 GiB
/// becomes a BigTIFF. 16 bytes are reserved for its header.
class DirectoryWriter {
 public:
  DirectoryWriter(ByteSink& sink, Encoding encoding) : sink_(sink), encoding_(encoding) {}

  /// Returns the offset at which the caller may write pixels; `end_pixels` then sets their end.
  [[nodiscard]] Result<std::uint64_t> begin_pixels();
  void end_pixels(std::uint64_t end) { end_ = end; }

  /// Stores values as they are.
  [[nodiscard]] Result<NewEntry> store(std::uint16_t tag, std::uint16_t type, std::uint64_t count, Bytes values);
  /// Stores `count` integers, `value(i)` each, as `type` or the next wider type if they do not fit.
  [[nodiscard]] Result<NewEntry> store_integers(std::uint16_t tag, std::uint16_t type, std::uint64_t count,
                                                const std::function<std::uint64_t(std::size_t)>& value);
  [[nodiscard]] Result<NewEntry> store_integer(std::uint16_t tag, std::uint16_t type, std::uint64_t value) {
    return store_integers(tag, type, 1, [&](std::size_t) { return value; });
  }
  /// Copies values of another file of the same byte order. Values that directories share stay shared. Fails with
  /// `corrupt` if values overlap so much that the copy would be far larger than the original.
  [[nodiscard]] Result<NewEntry> copy(const Entry& entry, const ValueReader& from);
  /// Copies `bytes` bytes at `offset` and returns their new offset.
  [[nodiscard]] Result<std::uint64_t> copy_bytes(const ByteSource& from, std::uint64_t offset, std::uint64_t bytes);

  /// Sets directory `index`. Every linked directory must be set before `finish`.
  void put(std::size_t index, NewDirectory directory);
  /// Writes all directories and the header. `chain`: the pages.
  [[nodiscard]] Result<void> finish(const std::vector<std::size_t>& chain);

  [[nodiscard]] const Encoding& encoding() const { return encoding_; }
  /// After `finish`: a classic TIFF became a BigTIFF.
  [[nodiscard]] bool became_big() const { return became_big_; }

 private:
  /// Pads to an even offset, as TIFF requires for values and directories.
  Result<void> align();
  Result<void> append(Bytes bytes);
  Result<void> flush();

  [[nodiscard]] bool is_inline(std::uint64_t bytes) const { return bytes <= encoding_.offset_bytes(); }
  [[nodiscard]] std::uint16_t link_type(const Link& link) const;
  [[nodiscard]] std::uint64_t directory_bytes(const NewDirectory& directory) const;
  /// Sets the offset of each directory; returns the end of the file.
  std::uint64_t lay_out();
  Result<void> write_directory(const NewDirectory& directory, std::uint64_t next);
  Result<void> write_header(std::uint64_t first);

  ByteSink& sink_;
  Encoding encoding_;
  bool wide_links_ = false;  // pointers to directories need 64 bits
  bool became_big_ = false;
  std::uint64_t end_ = 16;          // of the file, without pending bytes
  std::vector<std::byte> pending_;  // bytes to be written at `end_`
  std::vector<NewDirectory> directories_;
  std::vector<std::uint64_t> offsets_;                        // of the directories
  using OldExtent = std::pair<std::uint64_t, std::uint64_t>;  // offset, bytes
  std::map<OldExtent, std::uint64_t> copied_;                 // new offsets of large values
  std::uint64_t copied_bytes_ = 0;
};

}  // namespace ece465::image::tiff
