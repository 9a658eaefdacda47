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

std::unexpected<Error> cannot_write(const std::string& shown, int code) {
  // EFBIG: a limit on file sizes.
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return fail_on(shown, full ? Errc::no_space : Errc::io, "cannot write: {}", std::generic_category().message(code));
}

/// A hidden name beside the target, on the same file system, so that rename(2) is atomic.
std::string hidden_name() {
  std::random_device entropy;
  // Not derived from the target's name, which may already have the maximum length.
  return fmt::format(".ece465-{:08x}{:08x}.tmp", entropy(), entropy());
}

constexpr int kAttempts = 16;  // to find an unused temporary name

}  // namespace

OutputFile::OutputFile(Descriptor folder, std::string name, std::string shown, Existing existing)
    : folder_(std::move(folder)), name_(std::move(name)), shown_(std::move(shown)), existing_(existing) {}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) ::unlinkat(folder_.get(), temporary_.c_str(), 0);
}

Result<std::unique_ptr<OutputFile>> OutputFile::create(const std::filesystem::path& target, Existing existing) {
  const std::filesystem::path parent = target.has_parent_path() ? target.parent_path() : ".";
  Descriptor folder(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return cannot_write(target.string(), errno);
  // A path that ends in a slash names the folder itself.
  const std::string name = target.has_filename() ? target.filename().string() : ".";
  std::unique_ptr<OutputFile> file(new OutputFile(std::move(folder), name, target.string(), existing));
  ECE465_TRY(file->open(0));
  return file;
}

Result<std::unique_ptr<OutputFile>> OutputFile::create_in(const Descriptor& folder, const std::string& name,
                                                          const std::string& shown, Existing existing) {
  Descriptor own(::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0));
  if (!own) return cannot_write(shown, errno);
  std::unique_ptr<OutputFile> file(new OutputFile(std::move(own), name, shown, existing));
  ECE465_TRY(file->open(AT_SYMLINK_NOFOLLOW));
  return file;
}

/// `follow`: flag of fstatat(2).
Result<void> OutputFile::open(int follow) {
  struct stat status{};
  const bool exists = ::fstatat(folder_.get(), name_.c_str(), &status, follow) == 0 && !S_ISLNK(status.st_mode);
  if (exists) {
    if (S_ISDIR(status.st_mode)) return fail_on(shown_, Errc::io, "cannot write: it is a folder");
    if (!S_ISREG(status.st_mode)) return fail_on(shown_, Errc::io, "cannot write: it is not a regular file");
    if (existing_ == Existing::refuse) return fail_on(shown_, Errc::io, "already exists; --force replaces it");
  }
  descriptor_ = Descriptor(::openat(folder_.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
  // Some file systems do not support O_TMPFILE (overlayfs, NFS).
  for (int i = 0; !descriptor_ && i < kAttempts; ++i) {
    temporary_ = hidden_name();
    descriptor_ = Descriptor(::openat(folder_.get(), temporary_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666));
    if (!descriptor_) {
      const int code = errno;
      temporary_.clear();
      if (code != EEXIST) return cannot_write(shown_, code);
    }
  }
  if (!descriptor_) return fail_on(shown_, Errc::io, "no free temporary name");
  if (exists) (void)::fchmod(descriptor_.get(), status.st_mode & 07777U);
  return {};
}

Result<void> OutputFile::write_at(std::uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot_write(shown_, errno);
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::uint64_t> OutputFile::size() const {
  struct stat status{};
  if (::fstat(descriptor_.get(), &status) != 0) {
    return fail_on(shown_, Errc::io, "{}", std::generic_category().message(errno));
  }
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> OutputFile::commit() {
  const int folder = folder_.get();
  const std::string self = fmt::format("/proc/self/fd/{}", descriptor_.get());
  for (int i = 0; temporary_.empty() && i < kAttempts; ++i) {
    // link(2) never replaces a file, as `refuse` requires; `replace` needs a name to rename from.
    const auto name = existing_ == Existing::refuse ? name_ : hidden_name();
    if (::linkat(AT_FDCWD, self.c_str(), folder, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      if (existing_ == Existing::refuse) return {};
      temporary_ = name;
    } else if (errno != EEXIST || existing_ == Existing::refuse) {
      return cannot_write(shown_, errno);
    }
  }
  if (existing_ == Existing::refuse) {
    if (::linkat(folder, temporary_.c_str(), folder, name_.c_str(), 0) != 0) return cannot_write(shown_, errno);
    return {};  // the destructor removes the temporary name
  }
  if (::renameat(folder, temporary_.c_str(), folder, name_.c_str()) != 0) return cannot_write(shown_, errno);
  temporary_.clear();
  return {};
}

Result<void> OutputFile::copy_to(int descriptor, const std::string& name) const {
  Buffer chunk(std::size_t{256} << 10);
  off_t offset = 0;
  for (;;) {
    const ssize_t n = ::pread(descriptor_.get(), chunk.data(), chunk.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_on(name, Errc::io, "cannot read back: {}", std::generic_category().message(errno));
    if (n == 0) return {};
    offset += n;
    Bytes rest = chunk.span().first(static_cast<std::size_t>(n));
    while (!rest.empty()) {
      const ssize_t w = ::write(descriptor, rest.data(), rest.size());
      if (w < 0 && errno == EINTR) continue;
      if (w < 0) return cannot_write(name, errno);
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
