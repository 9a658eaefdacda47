#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "ece465/base/bytes.hpp"
#include "ece465/base/descriptor.hpp"
#include "ece465/base/result.hpp"

namespace ece465 {

/// Random-access input: a file or memory. Every read names its offset, so threads can share a source.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Reads `out.size()` bytes at `offset`, or fewer at the end of the source; returns how many. Thread-safe.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const = 0;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// The path or another name, for messages.
  [[nodiscard]] virtual const std::string& name() const = 0;

  /// Fills all of `out` or fails with `corrupt` ("ends early").
  [[nodiscard]] Result<void> read_exactly(std::uint64_t offset, MutableBytes out) const;
};

/// Opens a regular file. Fails with `bad_input` if it is missing, unreadable, or not a regular file.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> open_file(const std::filesystem::path& path);

/// Reads a regular file that is already open; `name` is for messages. Fails with `bad_input`.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> read_descriptor(Descriptor file, std::string name);

/// Reads bytes that the caller keeps alive.
[[nodiscard]] std::unique_ptr<ByteSource> borrow_memory(std::string name, Bytes bytes);

/// Copies at most `max_bytes` of a stream (standard input) to an unnamed temporary file, so that seekable formats can
/// be read from a pipe in bounded memory. Fails with `bad_input`, `too_large` or `io`, and with `cancelled` as soon as
/// `stop` is requested, even while no input arrives.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> spool(int descriptor, std::string name, std::uint64_t max_bytes,
                                                        const std::stop_token& stop = {});

}  // namespace ece465
