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

/// Random-access bytes to read: a file, or memory. Reads take their own offset, so threads may share one.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills `out` from `offset` on; fewer bytes come back only where the source ends. Thread-safe.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const = 0;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// For messages: the path, or what the bytes are called.
  [[nodiscard]] virtual const std::string& name() const = 0;

  /// Fills all of `out` or fails with `corrupt` ("ends early").
  [[nodiscard]] Result<void> read_exactly(std::uint64_t offset, MutableBytes out) const;
};

/// Opens a regular file. Fails with `bad_input` (missing, unreadable, a folder, a device).
[[nodiscard]] Result<std::unique_ptr<ByteSource>> open_file(const std::filesystem::path& path);

/// Reads a regular file that is open already; `name` is for messages. Fails with `bad_input`.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> read_descriptor(Descriptor file, std::string name);

/// Reads bytes that the caller keeps alive.
[[nodiscard]] std::unique_ptr<ByteSource> borrow_memory(std::string name, Bytes bytes);

/// Copies a stream (standard input) to an unnamed temporary file, at most `max_bytes`, so that formats that
/// seek can be read from a pipe with bounded memory. Fails with `bad_input`, `too_large`, `io`; with `cancelled`
/// as soon as `stop` asks for it, even while nothing arrives.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> spool(int descriptor, std::string name, std::uint64_t max_bytes,
                                                        const std::stop_token& stop = {});

}  // namespace ece465
