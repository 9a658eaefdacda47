#include "ece465/base/byte_sink.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <system_error>

namespace ece465 {
namespace {

std::string reason(int code) { return std::generic_category().message(code); }

/// A hidden name beside the target, on the same file system, so that rename(2) is atomic.
std::filesystem::path hidden_beside(const std::filesystem::path& target) {
  std::random_device entropy;
  // The target's own name is not repeated: it may be as long as the file system allows already.
  return target.parent_path() / fmt::format(".ece465-{:08x}{:08x}.tmp", entropy(), entropy());
}

constexpr int kAttempts = 16;  // for a temporary name that is taken already

}  // namespace

OutputFile::OutputFile(std::filesystem::path target, Existing existing)
    : target_(std::move(target)), existing_(existing) {}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<std::unique_ptr<OutputFile>> OutputFile::create(const std::filesystem::path& target, Existing existing) {
  struct stat status{};
  const bool exists = ::stat(target.c_str(), &status) == 0;
  if (exists) {
    if (S_ISDIR(status.st_mode)) return fail(Errc::io, "{}: cannot write: it is a folder", target.string());
    if (!S_ISREG(status.st_mode)) return fail(Errc::io, "{}: cannot write: it is no regular file", target.string());
    if (existing == Existing::refuse) {
      return fail(Errc::io, "{}: exists already; --force replaces it", target.string());
    }
  }
  std::unique_ptr<OutputFile> file(new OutputFile(target, existing));
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  file->descriptor_ = Descriptor(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
  // Not every file system knows O_TMPFILE (overlayfs, NFS): a hidden name does there.
  for (int i = 0; !file->descriptor_ && i < kAttempts; ++i) {
    file->temporary_ = hidden_beside(target);
    file->descriptor_ = Descriptor(::open(file->temporary_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666));
    if (!file->descriptor_) {
      const int code = errno;
      file->temporary_.clear();
      if (code != EEXIST) return fail(Errc::io, "{}: cannot write: {}", target.string(), reason(code));
    }
  }
  if (!file->descriptor_) return fail(Errc::io, "{}: no free temporary name", target.string());
  if (exists) (void)::fchmod(file->descriptor_.get(), status.st_mode & 07777U);
  return file;
}

Result<void> OutputFile::write_at(std::uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Errc::io, "{}: cannot write: {}", target_.string(), reason(errno));
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::uint64_t> OutputFile::size() const {
  struct stat status{};
  if (::fstat(descriptor_.get(), &status) != 0) return fail(Errc::io, "{}: {}", target_.string(), reason(errno));
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> OutputFile::commit() {
  const std::string self = fmt::format("/proc/self/fd/{}", descriptor_.get());
  for (int i = 0; temporary_.empty() && i < kAttempts; ++i) {
    // link(2) never replaces, which is just what `refuse` wants; `replace` needs a name to rename from.
    const auto name = existing_ == Existing::refuse ? target_ : hidden_beside(target_);
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      if (existing_ == Existing::refuse) return {};
      temporary_ = name;
    } else if (errno != EEXIST || existing_ == Existing::refuse) {
      return fail(Errc::io, "{}: cannot write: {}", target_.string(), reason(errno));
    }
  }
  if (existing_ == Existing::refuse) {
    if (::link(temporary_.c_str(), target_.c_str()) != 0) {
      return fail(Errc::io, "{}: cannot write: {}", target_.string(), reason(errno));
    }
    return {};  // the destructor removes the temporary name
  }
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
    return fail(Errc::io, "{}: cannot write: {}", target_.string(), reason(errno));
  }
  temporary_.clear();
  return {};
}

Result<void> OutputFile::copy_to(int descriptor, const std::string& name) const {
  Buffer chunk(std::size_t{256} << 10);
  off_t offset = 0;
  for (;;) {
    const ssize_t n = ::pread(descriptor_.get(), chunk.data(), chunk.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Errc::io, "{}: cannot read back: {}", name, reason(errno));
    if (n == 0) return {};
    offset += n;
    Bytes rest = chunk.span().first(static_cast<std::size_t>(n));
    while (!rest.empty()) {
      const ssize_t w = ::write(descriptor, rest.data(), rest.size());
      if (w < 0 && errno == EINTR) continue;
      if (w < 0) return fail(Errc::io, "{}: cannot write: {}", name, reason(errno));
      rest = rest.subspan(static_cast<std::size_t>(w));
    }
  }
}

Result<void> MemorySink::write_at(std::uint64_t offset, Bytes bytes) {
  const auto end = static_cast<std::size_t>(offset) + bytes.size();
  const std::scoped_lock lock(mutex_);
  if (bytes_.size() < end) bytes_.resize(end);
  std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
  return {};
}

}  // namespace ece465
