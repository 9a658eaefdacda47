#include "store/data_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "store/state_dir.hpp"

namespace ece465::cluster {
namespace {

constexpr const char* kLock = "lock";
/// Temporary files that OutputFile leaves behind when its process is killed, on file systems without O_TMPFILE. Younger
/// ones may belong to an `ece465 equalize` that is writing to this folder now.
constexpr std::string_view kTemporaryPrefix = ".ece465-", kTemporarySuffix = ".tmp";
constexpr auto kStaleAfter = std::chrono::hours(1);

std::string reason(int code) { return std::generic_category().message(code); }

WallTime time_of(const timespec& time) {
  const auto since = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  return WallTime(std::chrono::floor<WallTime::duration>(since));
}

std::string version_of(const struct stat& status) {
  return fmt::format("{:x}-{:x}-{:x}-{:x}.{:x}", status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

DataFolder::Entry entry_of(std::string_view name, const struct stat& status) {
  return {std::string(name), static_cast<std::uint64_t>(status.st_size), time_of(status.st_mtim)};
}

std::unexpected<Error> not_found() { return fail(Errc::not_found, "{}", kFileNotFound); }

/// Calls `visit(name)` for everything in the folder except "." and "..".
template <class Visit>
Result<void> for_each_name(const Descriptor& folder, const std::filesystem::path& path, Visit visit) {
  // A file description of its own: it holds the position in the listing, and several threads may list at once.
  Descriptor own(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) return fail_on(path.string(), Errc::io, "cannot list: {}", reason(errno));
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(own.get()), &::closedir);
  if (!listing) return fail_on(path.string(), Errc::io, "cannot list: {}", reason(errno));
  (void)own.release();  // closedir closes it
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(listing.get());
    if (entry == nullptr && errno != 0) return fail_on(path.string(), Errc::io, "cannot list: {}", reason(errno));
    if (entry == nullptr) return {};
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") visit(entry->d_name);
  }
}

void remove_stale_temporaries(const Descriptor& folder, const std::filesystem::path& path) {
  const auto now = wall_now();
  // Errors are ignored: this is only tidying up.
  (void)for_each_name(folder, path, [&](const char* name) {
    const std::string_view text(name);
    struct stat status{};
    if (!text.starts_with(kTemporaryPrefix) || !text.ends_with(kTemporarySuffix)) return;
    if (::fstatat(folder.get(), name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) return;
    if (now - time_of(status.st_mtim) > kStaleAfter) ::unlinkat(folder.get(), name, 0);
  });
}

/// Locks the folder for this process and writes its pid into the lock file, for the error message of a second master.
Result<Descriptor> lock(const Descriptor& state_dir, const std::filesystem::path& path) {
  Descriptor file(::openat(state_dir.get(), kLock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) return fail_on(path.string(), Errc::io, "cannot create the lock file: {}", reason(errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_on(path.string(), Errc::io, "cannot lock: {}", reason(errno));
    std::array<char, 32> owner{};
    const ssize_t n = ::pread(file.get(), owner.data(), owner.size(), 0);
    std::string pid(owner.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    pid.resize(std::min(pid.find('\n'), pid.size()));
    return fail_on(path.string(), Errc::unavailable, "in use by another master (pid {})", pid.empty() ? "?" : pid);
  }
  const std::string own = fmt::format("{}\n", ::getpid());
  if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), own.data(), own.size(), 0) < 0) {
    return fail_on(path.string(), errno == ENOSPC ? Errc::no_space : Errc::io, "cannot write: {}", reason(errno));
  }
  return file;
}

Result<void> check_writable(const Descriptor& folder, const std::filesystem::path& path) {
  if (::faccessat(folder.get(), ".", W_OK | X_OK, AT_EACCESS) == 0) return {};
  return fail_on(path.string(), Errc::io, "cannot write to the data folder: {}", reason(errno));
}

}  // namespace

Result<std::shared_ptr<const DataFolder::Handles>> DataFolder::take(const std::filesystem::path& path) {
  auto handles = std::make_shared<Handles>();
  handles->folder = Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handles->folder) return fail_on(path.string(), Errc::io, "cannot open the data folder: {}", reason(errno));
  ECE465_TRY(check_writable(handles->folder, path));
  ECE465_ASSIGN(const Descriptor state_dir, open_state_dir(handles->folder, path));
  ECE465_ASSIGN(handles->lock, lock(state_dir, path));
  return handles;
}

std::shared_ptr<const DataFolder::Handles> DataFolder::handles() const {
  const std::scoped_lock guard(*mutex_);
  return handles_;
}

Result<DataFolder> DataFolder::open(const std::filesystem::path& path) {
  DataFolder folder(path);
  std::error_code code;
  std::filesystem::create_directories(path, code);
  auto handles = take(path);
  // The error of creating it explains more than "not found" from opening it.
  if (!handles && code) return fail_on(path.string(), Errc::io, "cannot open the data folder: {}", code.message());
  if (!handles) return std::unexpected(std::move(handles).error());
  folder.handles_ = *std::move(handles);
  remove_stale_temporaries(folder.handles_->folder, path);
  return folder;
}

Result<void> DataFolder::follow() {
  const auto held = handles();
  // The lock file identifies the folder: a replaced or emptied folder has another one, or none.
  struct stat own{}, there{};
  const auto lock_path = path_ / kStateDir / kLock;
  if (::fstat(held->lock.get(), &own) == 0 && ::lstat(lock_path.c_str(), &there) == 0 && own.st_dev == there.st_dev &&
      own.st_ino == there.st_ino) {
    return check_writable(held->folder, path_);
  }
  ECE465_ASSIGN(auto taken, take(path_));
  const std::scoped_lock guard(*mutex_);
  handles_ = std::move(taken);
  return {};
}

Result<std::vector<DataFolder::Entry>> DataFolder::list(bool results) const {
  std::vector<Entry> entries;
  const auto held = handles();
  ECE465_TRY(for_each_name(held->folder, path_, [&](const char* name) {
    struct stat status{};
    if (!is_safe_name(name) || !has_image_extension(name) || is_result_name(name) != results) return;
    if (::fstatat(held->folder.get(), name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) return;
    entries.push_back(entry_of(name, status));
  }));
  std::ranges::sort(entries, {}, &Entry::name);
  return entries;
}

Result<std::vector<DataFolder::Entry>> DataFolder::inputs() const { return list(false); }
Result<std::vector<DataFolder::Entry>> DataFolder::results() const { return list(true); }

Result<DataFolder::Opened> DataFolder::open_version(std::string_view name) const {
  if (!is_safe_name(name)) return not_found();
  Opened opened;
  const std::string text(name);
  // O_NONBLOCK so that a FIFO is refused below instead of waiting for a writer.
  Descriptor file(::openat(handles()->folder.get(), text.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno != ENOENT && errno != ELOOP && errno != ENXIO)
    return fail_on(std::string(name), Errc::io, "cannot open: {}", reason(errno));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return not_found();
  opened.entry = entry_of(name, status);
  opened.version = version_of(status);
  ECE465_ASSIGN(opened.source, read_descriptor(std::move(file), text));
  return opened;
}

Result<std::shared_ptr<const ByteSource>> DataFolder::open_file(std::string_view name) const {
  ECE465_ASSIGN(auto opened, open_version(name));
  return std::move(opened.source);
}

Result<std::optional<DataFolder::Entry>> DataFolder::find(std::string_view name) const {
  struct stat status{};
  if (!is_safe_name(name)) return std::nullopt;
  if (::fstatat(handles()->folder.get(), std::string(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return fail_on(std::string(name), Errc::io, "cannot stat: {}", reason(errno));
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return entry_of(name, status);
}

Result<std::unique_ptr<OutputFile>> DataFolder::create(std::string_view name) const {
  if (!is_safe_name(name)) return fail(Errc::bad_input, "not a valid file name in the data folder");
  const std::string text(name);
  return OutputFile::create_in(handles()->folder, text, text, OutputFile::Existing::replace);
}

Result<bool> DataFolder::remove(std::string_view name) const {
  ECE465_ASSIGN(const auto entry, find(name));
  if (!entry) return false;
  if (::unlinkat(handles()->folder.get(), entry->name.c_str(), 0) == 0) return true;
  if (errno == ENOENT) return false;
  return fail_on(std::string(name), Errc::io, "cannot delete: {}", reason(errno));
}

}  // namespace ece465::cluster
