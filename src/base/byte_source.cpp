#include "ece465/base/byte_source.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <system_error>

namespace ece465 {
namespace {

std::string reason(int code) { return std::generic_category().message(code); }

class FileSource final : public ByteSource {
 public:
  FileSource(Descriptor descriptor, std::uint64_t size, std::string name)
      : descriptor_(std::move(descriptor)), size_(size), name_(std::move(name)) {}

  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override {
    std::size_t done = 0;
    while (done < out.size() && offset + done < size_) {
      const ssize_t n =
          ::pread(descriptor_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail(Errc::bad_input, "cannot read: {}", reason(errno));
      if (n == 0) break;  // the file shrank
      done += static_cast<std::size_t>(n);
    }
    return done;
  }
  std::uint64_t size() const override { return size_; }
  const std::string& name() const override { return name_; }

 private:
  Descriptor descriptor_;
  std::uint64_t size_;
  std::string name_;
};

class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string name, Bytes bytes) : bytes_(bytes), name_(std::move(name)) {}

  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override {
    if (offset >= bytes_.size()) return 0;
    const auto available = bytes_.subspan(static_cast<std::size_t>(offset));
    const std::size_t n = std::min(available.size(), out.size());
    std::copy_n(available.begin(), n, out.begin());
    return n;
  }
  std::uint64_t size() const override { return bytes_.size(); }
  const std::string& name() const override { return name_; }

 private:
  Bytes bytes_;
  std::string name_;
};

Result<void> write_all(int descriptor, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Errc::io, "cannot spool to a temporary file: {}", reason(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

/// Waits for input or a stop request.
class InterruptibleWait {
 public:
  explicit InterruptibleWait(const std::stop_token& stop)
      : wake_up_(::eventfd(0, EFD_CLOEXEC)), on_stop_(stop, [this] { ::eventfd_write(wake_up_.get(), 1); }) {}

  /// Fails with `cancelled`.
  Result<void> until_readable(int descriptor) const {
    std::array<pollfd, 2> waiting{{{descriptor, POLLIN, 0}, {wake_up_.get(), POLLIN, 0}}};
    while (::poll(waiting.data(), waiting.size(), -1) < 0 && errno == EINTR) {
    }
    if (waiting[1].revents != 0) return fail(Errc::cancelled, "interrupted");
    return {};
  }

 private:
  Descriptor wake_up_;
  std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace

Result<void> ByteSource::read_exactly(std::uint64_t offset, MutableBytes out) const {
  ECE465_ASSIGN(const std::size_t n, read_at(offset, out));
  if (n != out.size()) {
    return fail(Errc::corrupt, "ends early: expected {} bytes at offset {}, found {}", out.size(), offset, n);
  }
  return {};
}

Result<std::unique_ptr<ByteSource>> open_file(const std::filesystem::path& path) {
  if (path.empty()) return fail(Errc::bad_input, "the file name is empty");
  // O_NONBLOCK so that a FIFO without a writer is refused below instead of hanging here.
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor) return fail_on(path.string(), Errc::bad_input, "cannot open: {}", reason(errno));
  return read_descriptor(std::move(descriptor), path.string());
}

Result<std::unique_ptr<ByteSource>> read_descriptor(Descriptor file, std::string name) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail_on(name, Errc::bad_input, "not a regular file");
  }
  return std::make_unique<FileSource>(std::move(file), static_cast<std::uint64_t>(status.st_size), std::move(name));
}

std::unique_ptr<ByteSource> borrow_memory(std::string name, Bytes bytes) {
  return std::make_unique<MemorySource>(std::move(name), bytes);
}

Result<std::unique_ptr<ByteSource>> spool(int descriptor, std::string name, std::uint64_t max_bytes,
                                          const std::stop_token& stop) {
  const char* const chosen = std::getenv("TMPDIR");
  std::string pattern = std::string(chosen != nullptr && *chosen != '\0' ? chosen : "/tmp") + "/ece465-XXXXXX";
  Descriptor file(::mkostemp(pattern.data(), O_CLOEXEC));
  if (!file) return fail(Errc::io, "cannot create the temporary file {}: {}", pattern, reason(errno));
  ::unlink(pattern.c_str());

  const InterruptibleWait wait(stop);
  Buffer chunk(std::size_t{256} << 10);
  std::uint64_t total = 0;
  for (;;) {
    ECE465_TRY(wait.until_readable(descriptor));
    const ssize_t n = ::read(descriptor, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_on(name, Errc::bad_input, "cannot read: {}", reason(errno));
    if (n == 0) break;
    total += static_cast<std::uint64_t>(n);
    if (total > max_bytes) return fail_on(name, Errc::too_large, "more than {} bytes", max_bytes);
    ECE465_TRY(write_all(file.get(), chunk.span().first(static_cast<std::size_t>(n))));
  }
  return std::make_unique<FileSource>(std::move(file), total, std::move(name));
}

}  // namespace ece465
