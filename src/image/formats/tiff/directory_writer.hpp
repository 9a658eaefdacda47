#pragma once

#include <functional>
#include <map>
#include <vector>

#include "directory.hpp"
#include "ece465/base/byte_sink.hpp"

namespace ece465::image::tiff {

/// A tag of a directory that is being written. Its values are in the file already, unless they are few.
struct NewEntry {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;
  std::uint64_t count = 0;
  std::uint64_t where = 0;           ///< of values of more than 8 bytes
  std::array<std::byte, 8> field{};  ///< up to 8 bytes of values, in the file's byte order

  [[nodiscard]] std::uint64_t bytes() const { return count * type_bytes(type); }
};

struct NewDirectory {
  std::vector<NewEntry> entries;
  std::vector<Link> links;  ///< chains hold the indices given to `put`
};

/// Writes a TIFF from behind: pixels come first, as they are made; then values; the directories and the header last.
/// By then it is known whether offsets fit 32 bits: a classic TIFF that outgrew 4 GiB is given the header and the
/// directories of a BigTIFF, for which 16 bytes are left free at its beginning.
class DirectoryWriter {
 public:
  DirectoryWriter(ByteSink& sink, Encoding encoding) : sink_(sink), encoding_(encoding) {}

  /// Where the next bytes go; somebody who writes there by themselves says how far they got.
  [[nodiscard]] Result<std::uint64_t> begin_pixels();
  void end_pixels(std::uint64_t end) { end_ = end; }

  /// Stores values as they are.
  [[nodiscard]] Result<NewEntry> store(std::uint16_t tag, std::uint16_t type, std::uint64_t count, Bytes values);
  /// Stores `count` integers, `value(i)` each, as `type` or the next wider one that holds them.
  [[nodiscard]] Result<NewEntry> store_integers(std::uint16_t tag, std::uint16_t type, std::uint64_t count,
                                                const std::function<std::uint64_t(std::size_t)>& value);
  [[nodiscard]] Result<NewEntry> store_integer(std::uint16_t tag, std::uint16_t type, std::uint64_t value) {
    return store_integers(tag, type, 1, [&](std::size_t) { return value; });
  }
  /// Copies another file's values, byte for byte; what two directories share stays shared. The byte order must be the
  /// same. Fails with `corrupt` when values overlap so much that the copy would exceed the original.
  [[nodiscard]] Result<NewEntry> copy(const Entry& entry, const Values& from);
  /// Copies `bytes` bytes at `offset` and returns where they went.
  [[nodiscard]] Result<std::uint64_t> copy_bytes(const ByteSource& from, std::uint64_t offset, std::uint64_t bytes);

  /// Sets directory `index`; sooner or later every one that is pointed to.
  void put(std::size_t index, NewDirectory directory);
  /// Writes all directories and the header. `chain`: the pages.
  [[nodiscard]] Result<void> finish(const std::vector<std::size_t>& chain);

  [[nodiscard]] const Encoding& encoding() const { return encoding_; }
  /// After `finish`: offsets outgrew the classic format.
  [[nodiscard]] bool became_big() const { return became_big_; }

 private:
  /// Starts at an even offset, as values and directories must.
  Result<void> align();
  Result<void> append(Bytes bytes);
  Result<void> flush();

  [[nodiscard]] bool is_inline(std::uint64_t bytes) const { return bytes <= encoding_.offset_bytes(); }
  [[nodiscard]] std::uint16_t link_type(const Link& link) const;
  [[nodiscard]] std::uint64_t directory_bytes(const NewDirectory& directory) const;
  /// Decides where each directory goes; returns the end of the file.
  std::uint64_t place();
  Result<void> write_directory(const NewDirectory& directory, std::uint64_t next);
  [[nodiscard]] std::uint64_t next_of(std::size_t index, const std::vector<std::size_t>& followers) const;
  Result<void> write_header(std::uint64_t first);

  ByteSink& sink_;
  Encoding encoding_;
  bool wide_links_ = false;  // pointers to directories need 64 bits
  bool became_big_ = false;
  std::uint64_t end_ = 16;          // of the file, without what is pending
  std::vector<std::byte> pending_;  // bytes to be written at `end_`
  std::vector<NewDirectory> directories_;
  std::vector<std::uint64_t> offsets_;                                       // of the directories
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> copied_;  // large values: (offset, bytes) to offset
  std::uint64_t copied_bytes_ = 0;
};

}  // namespace ece465::image::tiff
